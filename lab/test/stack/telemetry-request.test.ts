import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { poll } from '../../src/poll.ts';
import { logsOfTrace } from '../../src/query/loki.ts';
import type { Span, Trace } from '../../src/query/span.ts';
import { arrive, quantile } from './arrivals.ts';
import { type Backends, backendsOf } from './backends.ts';
import { newCustomer } from './customer.ts';
import { lately, services } from './panel.ts';
import { test } from './stack-test.ts';

const page = 'frontend server POST /checkout/process';
const checkout = 'order-service server POST /api/order/checkout';

/** Every span of a checkout: service, kind, name and schema, and the parent's. */
const checkoutSpans = [
  page,
  `frontend client SELECT session_dbase < ${page}`,
  `frontend internal checkout_validation < ${page}`,
  `frontend internal checkout_process < ${page}`,
  'frontend client POST < frontend internal checkout_process',
  `${checkout} < frontend client POST`,
  ...['SELECT', 'START', 'SELECT', 'UPDATE', 'COMMIT'].map(
    (statement) => `order-service client ${statement} order_dbase < ${checkout}`,
  ),
  `order-service client GET < ${checkout}`,
  'product-service server GET /api/products < order-service client GET',
  'product-service client SELECT product_dbase < product-service server GET /api/products',
  `order-service client GET < ${checkout}`,
  'user-service server GET /api/user < order-service client GET',
  'user-service client SELECT user_dbase < user-service server GET /api/user',
].toSorted();

function describeSpans({ spans }: Trace): string[] {
  const shown = new Map(spans.map((span) => [span.spanId, span]));
  const describeOne = ({ service, kind, name, attributes }: Span) =>
    [service, kind, name, attributes['db.namespace']].filter((part) => part !== undefined).join(' ');
  return spans
    .map((span) => {
      const { parentSpanId } = span;
      if (parentSpanId === undefined) return describeOne(span);
      const parent = shown.get(parentSpanId);
      return `${describeOne(span)} < ${parent ? describeOne(parent) : 'a span that is not there'}`;
    })
    .toSorted();
}

test('When someone buys, then the checkout is one trace of exactly the spans it takes, and one line a request', async ({
  stack,
}) => {
  const { jaeger, loki } = backendsOf(stack);
  const { browser } = await newCustomer(stack);
  const product = await browser.open('/product/laptop-pro');
  await browser.submit(product, '/product/laptop-pro', { quantity: '2' });
  const bought = await browser.submit(await browser.open('/checkout'), '/checkout/process');
  const traceId = bought.headers.get('x-trace-id') ?? '';
  expect(bought.location).toBe('/order/thank-you');

  const trace = await poll(
    async () => {
      const found = await jaeger.traceById(traceId);
      const spans = found?.spans.filter(({ name }) => name !== 'pool wait') ?? [];
      return spans.length >= checkoutSpans.length ? found : undefined;
    },
    { intervalMs: 100, limitMs: 30_000 },
  );
  const spans = trace?.spans.filter(({ name }) => name !== 'pool wait') ?? [];
  expect(describeSpans({ traceId, spans })).toEqual(checkoutSpans);
  const requests = spans.filter(({ kind }) => kind === 'server');
  for (const { name, attributes } of requests) {
    expect(name).toBe(`${attributes['http.request.method']} ${attributes['http.route']}`);
  }
  for (const { name, parentSpanId } of trace?.spans ?? []) {
    if (name === 'pool wait') expect(requests.map(({ spanId }) => spanId)).toContain(parentSpanId);
  }

  const lines = () =>
    loki.queryRange(logsOfTrace(traceId), { ...lately(), limit: 100, direction: 'forward' });
  const logged = await poll(
    async () => {
      const found = await lines();
      return found.length >= requests.length ? found : undefined;
    },
    { intervalMs: 100, limitMs: 30_000 },
  );
  const shown = logged?.map(({ labels, body, metadata }) => {
    return `${labels.service_name} ${body} ${metadata.span_id} ${metadata.http_route}`;
  });
  const expected = requests.map(({ service, spanId, attributes }) => {
    return `${service} request ${spanId} ${attributes['http.route']}`;
  });
  expect(shown?.toSorted()).toEqual(expected.toSorted());
});

test('When requests are made, then each of their exemplars leads to a trace that Jaeger has', async ({
  stack,
}) => {
  const { jaeger, prometheus } = backendsOf(stack);
  const startMs = Date.now();
  const { browser } = await newCustomer(stack);
  for (const path of ['/', '/product/laptop-pro', '/orders', '/checkout']) await browser.open(path);
  const search = { startMs, endMs: startMs + 90_000 };
  const find = async () => {
    const found = await prometheus.queryExemplars('traces_span_metrics_duration_seconds_bucket', search);
    const seen = new Set(found.map(({ series }) => series.service_name));
    return found.length >= 20 && services.every((service) => seen.has(service)) ? found : undefined;
  };
  const exemplars = await poll(find, { intervalMs: 500, limitMs: 60_000 });
  expect(exemplars, 'at least 20 exemplars, of all services').toBeDefined();
  for (const { traceId = 'no trace id', series } of exemplars ?? []) {
    const trace = await jaeger.traceById(traceId);
    const names = trace?.spans.map((span) => `${span.service} ${span.name}`);
    expect(names, traceId).toContain(`${series.service_name} ${series.span_name}`);
  }
});

const limitsMs = { trace: 3000, log: 3000, metric: 12_000 };
type Signal = keyof typeof limitsMs;

// A machine that is busy with something else may delay one attempt.
test('When a request is made, then its trace and log line are there in 3 s, and metrics count it in 12 s', {
  retry: 2,
}, async ({ stack }) => {
  const backends = backendsOf(stack);
  const routes = { '/': '/', '/login': '/login', '/register': '/register', '/cart': '/*' };
  const all = await Promise.all(
    Object.entries(routes).map(async ([path, route], index) => {
      const before = await countOf(backends, route);
      // The requests meet the intervals of export and scrape at several phases.
      await pause(index * 1300);
      return timesToSee(backends, `${stack.urls.frontend}${path}`, route, before);
    }),
  );
  for (const [signal, limitMs] of Object.entries(limitsMs)) {
    const times = all.map((one) => one[signal as Signal]);
    expect(Math.max(...times), `ms until ${signal} is there`).toBeLessThanOrEqual(limitMs);
    // biome-ignore lint/suspicious/noConsole: a figure for whoever reads the run
    console.info(`${signal} to be seen: median ${quantile(times, 0.5)} ms, max ${Math.max(...times)} ms`);
  }
});

/** Milliseconds from the request to each signal; infinite when the time for it is over. */
async function timesToSee(backends: Backends, url: string, route: string, countBefore: number) {
  const { traceId, sentAtMs } = await arrive(url);
  const range = {
    startMs: sentAtMs - 1000,
    endMs: sentAtMs + 60_000,
    limit: 1,
    direction: 'forward',
  } as const;
  const isThere: Record<Signal, () => Promise<boolean>> = {
    trace: async () => {
      const trace = await backends.jaeger.traceById(traceId);
      return trace?.spans.some(({ kind, service }) => kind === 'server' && service === 'frontend') ?? false;
    },
    log: async () => (await backends.loki.queryRange(logsOfTrace(traceId), range)).length > 0,
    metric: async () => (await countOf(backends, route)) > countBefore,
  };
  const measure = async (signal: Signal) => {
    const see = async () => ((await isThere[signal]()) ? Date.now() - sentAtMs : undefined);
    return (await poll(see, { intervalMs: 50, limitMs: limitsMs[signal] })) ?? Number.POSITIVE_INFINITY;
  };
  const [trace, log, metric] = await Promise.all([measure('trace'), measure('log'), measure('metric')]);
  return { trace, log, metric };
}

async function countOf({ prometheus }: Backends, route: string): Promise<number> {
  const series = `http_server_request_duration_seconds_count{service_name="frontend",http_route="${route}"}`;
  return (await prometheus.query(`sum(${series})`))[0]?.value ?? 0;
}
