import { expect } from 'vitest';
import { z } from 'zod';
import { requestsTo } from '../../../test/request.ts';
import { poll } from '../../src/poll.ts';
import type { Labels } from '../../src/query/prometheus.ts';
import { backendsOf } from './backends.ts';
import { newCustomer } from './customer.ts';
import { mixedTraffic } from './mixed-traffic.ts';
import { services } from './panel.ts';
import { test } from './stack-test.ts';

test('When each service is asked, then its requests are counted by service, route, method and status', async ({
  stack,
}) => {
  const { prometheus } = backendsOf(stack);
  const { browser } = await newCustomer(stack);
  await browser.open('/checkout');
  const find = async (metric: string, names: readonly string[]) => {
    const samples = await prometheus.query(metric);
    return names.every((name) => samples.some(({ labels }) => labels.service_name === name))
      ? samples.map(({ labels }) => labels)
      : undefined;
  };
  const limits = { intervalMs: 500, limitMs: 20_000 };
  const server = { service_name: services, http_route: /^\//, http_request_method: /^(GET|POST)$/ };
  const callers = ['frontend', 'order-service'];
  const expected = {
    http_server_request_duration_seconds_count: { ...server, http_response_status_code: /^[23]\d\d$/ },
    http_server_request_duration_seconds_bucket: { ...server, http_response_status_code: /^[23]\d\d$/ },
    http_client_request_duration_seconds_count: {
      ...{ service_name: callers, http_request_method: /^(GET|POST)$/, http_response_status_code: /^2\d\d$/ },
    },
    traces_span_metrics_calls_total: {
      ...{ service_name: services, span_name: /./, span_kind: /^SPAN_KIND_(SERVER|CLIENT|INTERNAL)$/ },
    },
  };
  for (const [metric, { service_name: names, ...labels }] of Object.entries(expected)) {
    const series = await poll(() => find(metric, names), limits);
    expect(series, `${metric} of ${names.join(', ')}`).toBeDefined();
    for (const one of series ?? [])
      for (const [label, pattern] of Object.entries(labels)) expect(one[label], metric).toMatch(pattern);
  }
});

test('When anything is asked of anyone, then series stay few, do not grow, and name nobody', async ({
  stack,
}) => {
  const { prometheus } = backendsOf(stack);
  const customer = await newCustomer(stack);
  const me = await requestsTo(stack.urls['user-service'])('GET /api/user', { apiKey: customer.apiKey });
  // One after the other: they are lines of one cart.
  for (let product = 1; product <= 10; product += 1)
    await customer.ask('POST /api/order/add-item', { json: { product_id: product, qty: 1 } });
  const { id } = z.object({ result: z.object({ id: z.int() }) }).parse(me.body).result;

  const requests = 'sum(http_server_request_duration_seconds_count)';
  const counted = async () => (await prometheus.query(requests))[0]?.value ?? 0;
  const burst = async () => {
    const before = await settled(counted);
    const traced = await mixedTraffic(stack, customer.apiKey);
    const isCounted = async () => ((await counted()) >= before + traced ? true : undefined);
    expect(await poll(isCounted, { intervalMs: 500, limitMs: 30_000 }), `${traced} requests`).toBe(true);
    // Span metrics come a little later than the requests' own.
    await settled(async () => (await seriesOf(ofServices)).length);
    return seriesOf(ofServices);
  };
  const seriesOf = async (selector: string) => (await prometheus.query(selector)).map(({ labels }) => labels);
  // Garbage collections and waits for a connection come when they come: once each.
  const ofServices = '{job=~"vitrine/.*",__name__!~"v8js_.*",span_name!="pool wait"}';

  const afterFirst = new Set((await burst()).map((labels) => JSON.stringify(labels)));
  const added = (await burst()).filter((labels) => !afterFirst.has(JSON.stringify(labels)));
  const all = await seriesOf('{__name__=~".+"}');
  // biome-ignore lint/suspicious/noConsole: a figure for whoever reads the run
  console.info(`series of the services: ${afterFirst.size}; of everything: ${all.length}`);
  expect(added).toEqual([]);
  expect(all.length).toBeLessThan(6000);

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
  expect([...new Set(ours.flatMap((labels) => whoIsNamed(labels, String(id))))]).toEqual([]);
});

/** Labels of which there are few: what process it is, what part of the SDK, what product, what a peer answered, how it is counted. */
const bounded =
  /^(?:__name__|instance|process_pid|server_port|otel_component_name|product_id|http_response_status_code|error_type|le|.*_version)$/;

/** Labels that hold a user's id, or look as if they held that of a trace, a session, an order or a person. */
function whoIsNamed(labels: Labels, userId: string): string[] {
  return Object.entries(labels)
    .filter(([name, value]) => {
      if (/(?:user|order|session|trace|span)_?id$/.test(name)) return true;
      return !bounded.test(name) && (value === userId || /[0-9a-f]{12}|^\d+$|@|\/\d+/.test(value));
    })
    .map(([name, value]) => `${labels.__name__}: ${name}=${value}`);
}

/** A value that three looks, two seconds apart, find to be the same. */
async function settled(look: () => Promise<number>): Promise<number> {
  const seen: number[] = [];
  const isSettled = async () => {
    seen.push(await look());
    const lately = seen.slice(-4);
    return lately.length === 4 && new Set(lately).size === 1 ? lately[0] : undefined;
  };
  const value = await poll(isSettled, { intervalMs: 2000, limitMs: 40_000 });
  if (value === undefined) throw new Error(`It does not settle: ${seen.join(', ')}`);
  return value;
}
