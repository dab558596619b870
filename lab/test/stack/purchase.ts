import { expect } from 'vitest';
import { poll } from '../../src/poll.ts';
import { logsOfTrace } from '../../src/query/loki.ts';
import { backendsOf } from './backends.ts';
import { newCustomer } from './customer.ts';
import type { Site } from './start-stack.ts';

const services = ['frontend', 'order-service', 'product-service', 'user-service'];
const databases = ['order_dbase', 'product_dbase', 'user_dbase'];
const within = (limitMs: number) => ({ intervalMs: 250, limitMs });

/** Buys something as a new customer, and expects all that the backends should hold of it. */
export async function expectPurchaseInBackends(shop: Pick<Site, 'ports' | 'urls'>): Promise<void> {
  const { jaeger, loki, prometheus } = backendsOf(shop);
  const orders = async () => (await prometheus.query('sum(orders_checkout_completed_total)'))[0]?.value ?? 0;
  const ordersBefore = await orders();
  const { browser } = await newCustomer(shop);
  await browser.submit(await browser.open('/product/laptop-pro'), '/product/laptop-pro', { quantity: '2' });
  const startMs = Date.now() - 60_000;
  const bought = await browser.submit(await browser.open('/checkout'), '/checkout/process');
  expect(bought.location).toMatch(/^\/order\/thank-you/);
  const traceId = bought.headers.get('x-trace-id') ?? '';

  const findTrace = async () => {
    const trace = await jaeger.traceById(traceId);
    const found = new Set(trace?.spans.map(({ service }) => service));
    return services.every((service) => found.has(service)) ? trace : undefined;
  };
  const trace = await poll(findTrace, within(60_000));
  expect(trace, `the trace ${traceId} with all four services`).toBeDefined();
  const schemas = new Set(
    trace?.spans.map(({ attributes }) => attributes['db.namespace'] ?? attributes['db.name']),
  );
  expect([...schemas]).toEqual(expect.arrayContaining(databases));

  const findLines = async () => {
    const range = { startMs, endMs: Date.now() + 1000, limit: 100, direction: 'forward' } as const;
    const lines = await loki.queryRange(logsOfTrace(traceId), range);
    const found = new Set(lines.map(({ labels }) => labels.service_name));
    return services.every((service) => found.has(service)) ? [...found].sort() : undefined;
  };
  expect(await poll(findLines, within(60_000))).toEqual(services);

  const countSeries = (expression: string) => async () => {
    const found = (await prometheus.query(expression)).map(({ labels }) => labels.service_name ?? '');
    return services.every((service) => found.includes(service)) || undefined;
  };
  const count = 'sum by (service_name) (http_server_request_duration_seconds_count)';
  expect(await poll(countSeries(count), within(60_000)), count).toBe(true);
  await expect.poll(orders, { timeout: 60_000 }).toBeGreaterThan(ordersBefore);
  const exemplars = async () => {
    const range = { startMs, endMs: Date.now() + 1000 };
    const found = await prometheus.queryExemplars('traces_span_metrics_duration_seconds_bucket', range);
    return found.some((exemplar) => exemplar.traceId === traceId) || undefined;
  };
  expect(await poll(exemplars, within(60_000)), `an exemplar of ${traceId}`).toBe(true);
}
