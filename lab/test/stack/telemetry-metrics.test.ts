import { expect } from 'vitest';
import type { Labels } from '../../src/query/prometheus.ts';
import { backendsOf } from './backends.ts';
import { expectBoundedSeries } from './bounded-series.ts';
import { newCustomer } from './customer.ts';
import { services } from './panel.ts';
import { test } from './stack-test.ts';

test('When each service is asked, then its requests are counted by service, route, method and status', async ({
  stack,
}) => {
  const { prometheus } = backendsOf(stack);
  const { browser } = await newCustomer(stack);
  for (const path of ['/', '/checkout']) await browser.open(path);
  const request = { http_route: /^\//, http_request_method: /^GET$/, http_response_status_code: /^200$/ };
  const call = { http_request_method: /^GET$/, http_response_status_code: /^200$/ };
  const span = { span_name: /^GET \//, span_kind: /^SPAN_KIND_SERVER$/ };
  const expected: [metric: string, names: readonly string[], labels: Record<string, RegExp>][] = [
    ['http_server_request_duration_seconds_count', services, request],
    ['http_server_request_duration_seconds_bucket', services, request],
    ['http_client_request_duration_seconds_count', ['frontend', 'order-service'], call],
    ['traces_span_metrics_calls_total', services, span],
  ];
  for (const [metric, names, labels] of expected) {
    const lacking = async () => {
      const series = await prometheus.query(metric);
      const isOf = (name: string, found: Labels) =>
        found.service_name === name &&
        Object.entries(labels).every(([label, pattern]) => pattern.test(found[label] ?? ''));
      return names.filter((name) => !series.some((one) => isOf(name, one.labels)));
    };
    await expect.poll(lacking, { timeout: 60_000, interval: 500, message: metric }).toEqual([]);
  }
  const all = await prometheus.query('http_server_request_duration_seconds_count');
  expect(all.filter(({ labels }) => !labels.http_route || !labels.http_request_method)).toEqual([]);
});

test('When the first requests of a kind come at once, then all of them count', async ({ stack }) => {
  const { prometheus } = backendsOf(stack);
  // Its series begin anew with the process.
  expect(await stack.vitrine('restart', 'order-service')).toMatchObject({ status: 0 });
  const kind = '{service_name="order-service", http_request_method="QUERY"}';
  const before = await prometheus.query(`sum(http_server_request_duration_seconds_count${kind})`);
  const ask = () => fetch(`${stack.urls['order-service']}/nothing`, { method: 'QUERY' });
  for (const { status } of await Promise.all(Array.from({ length: 10 }, ask))) expect(status).toBe(404);
  const counted = async () => {
    const [sample] = await prometheus.query(
      `sum(increase(http_server_request_duration_seconds_count${kind}[1m]))`,
    );
    return sample?.value ?? 0;
  };
  expect(before).toEqual([]);
  await expect.poll(counted, { timeout: 60_000, interval: 500 }).toBeGreaterThan(9);
});

test('When anything is asked of anyone, then series stay few, do not grow, and name nobody', async ({
  stack,
}) => {
  await expectBoundedSeries(stack, () => false);
});
