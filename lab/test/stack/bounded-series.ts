import { expect } from 'vitest';
import { z } from 'zod';
import { requestsTo } from '../../../test/request.ts';
import { poll } from '../../src/poll.ts';
import type { Labels } from '../../src/query/prometheus.ts';
import { labelsWithIds, SERIES_LIMIT } from '../../src/verify/series.ts';
import { backendsOf } from './backends.ts';
import { newCustomer } from './customer.ts';
import { mixedTraffic } from './mixed-traffic.ts';
import type { Site } from './start-stack.ts';

/**
 * Asks for everything in every way, a second time and again for as long as `isMoreWanted`: nothing but the first time
 * adds series, there are few, and none names a person, a session or a trace.
 */
export async function expectBoundedSeries(stack: Site, isMoreWanted: () => boolean): Promise<void> {
  const { prometheus } = backendsOf(stack);
  const customer = await newCustomer(stack);
  const me = await requestsTo(stack.urls['user-service'])('GET /api/user', { apiKey: customer.apiKey });
  // These are lines of one cart, so they are added one after the other.
  for (let product = 1; product <= 10; product += 1)
    await customer.ask('POST /api/order/add-item', { json: { product_id: product, qty: 1 } });
  const { id } = z.object({ result: z.object({ id: z.int() }) }).parse(me.body).result;

  const counts = async () => {
    const series = await prometheus.query('http_server_request_duration_seconds_count');
    return new Map(series.map(({ labels, value }) => [JSON.stringify(labels), value]));
  };
  /** Counts series by series: those of a service that was restarted before end at any time, and take their sum along. */
  const countedSince = async (before: ReadonlyMap<string, number>) => {
    const added = Array.from(await counts(), ([series, count]) => count - (before.get(series) ?? 0));
    return added.reduce((sum, count) => sum + count, 0);
  };
  const seriesOf = async (selector: string) => (await prometheus.query(selector)).map(({ labels }) => labels);
  // Series of garbage collections and of waits for a connection appear at any time, once each.
  const ofServices = '{job=~"vitrine/.*",__name__!~"v8js_.*",span_name!="pool wait"}';
  const burst = async () => {
    const before = await counts();
    const traced = await mixedTraffic(stack, customer.apiKey);
    const isCounted = async () => ((await countedSince(before)) >= traced ? true : undefined);
    expect(await poll(isCounted, { intervalMs: 500, limitMs: 90_000 }), `${traced} requests`).toBe(true);
    // Span metrics arrive a little later than those of the requests.
    await settled(async () => (await seriesOf(ofServices)).length);
    return (await seriesOf(ofServices)).map((labels) => JSON.stringify(labels));
  };

  await settled(() => countedSince(new Map()));
  const afterFirst = new Set(await burst());
  const added = new Set<string>();
  do {
    for (const series of await burst()) if (!afterFirst.has(series)) added.add(series);
  } while (isMoreWanted());
  // The collector tells of a process that was restarted for some minutes more.
  const alive = new Set((await seriesOf('changes(process_cpu_time_seconds_total[20s]) > 0')).map(instanceOf));
  const isOfLiving = (labels: Labels) => !labels.job?.startsWith('vitrine/') || alive.has(instanceOf(labels));
  const all = (await seriesOf('{__name__=~".+"}')).filter(isOfLiving);
  // biome-ignore lint/suspicious/noConsole: a figure for whoever reads the run
  console.info(`series of the services: ${afterFirst.size}; of everything: ${all.length}`);
  expect([...added]).toEqual([]);
  expect(all.length).toBeLessThan(SERIES_LIMIT);

  const bought = await customer.browser.submit(await customer.browser.open('/checkout'), '/checkout/process');
  const session = decodeURIComponent(customer.browser.cookies.get('session') ?? '').slice(2, 20);
  const traceId = bought.headers.get('x-trace-id') ?? '';
  const names = [customer.username, customer.email, customer.apiKey, session, traceId];
  for (const name of names) expect(name.length).toBeGreaterThan(10);
  const named = all.filter((labels) =>
    Object.values(labels).some((value) => names.some((name) => value.includes(name))),
  );
  expect(named).toEqual([]);
  const ours = await seriesOf('{job=~"vitrine/.*"}');
  expect([...new Set(ours.flatMap((labels) => labelsWithIds(labels, String(id))))]).toEqual([]);
}

const instanceOf = ({ instance }: Labels) => instance;

/** Resolves to a value once four looks, two seconds apart, have found it the same. */
async function settled(look: () => Promise<number>): Promise<number> {
  const seen: number[] = [];
  const isSettled = async () => {
    seen.push(await look());
    const lately = seen.slice(-4);
    return lately.length === 4 && new Set(lately).size === 1 ? lately[0] : undefined;
  };
  const value = await poll(isSettled, { intervalMs: 2000, limitMs: 90_000 });
  if (value === undefined) throw new Error(`It does not settle: ${seen.join(', ')}`);
  return value;
}
