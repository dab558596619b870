import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as kit from '@vitrine/service-kit/registry/kit';
import * as shop from '@vitrine/service-kit/registry/shop';
import { expect, test } from 'vitest';
import { telemetryPage } from '../src/telemetry-page/page.ts';
import { prometheusName } from '../src/telemetry-page/prometheus-name.ts';

test('When the registry changes, then docs/telemetry.md has to be made anew: npm run docs', () => {
  expect(readFileSync(join(import.meta.dirname, '../../docs/telemetry.md'), 'utf8')).toBe(telemetryPage());
});

test.for([
  ['orders_created_total', shop.metrics.ordersCreated],
  ['cart_items_added_total', shop.metrics.cartItemsAdded],
  ['orders_checkout_completed_total', shop.metrics.checkoutsCompleted],
  ['orders_checkout_value', shop.metrics.checkoutValue],
  ['db_client_connection_wait_time_seconds', kit.metrics.connectionWaitTime],
  ['process_cpu_time_seconds_total', kit.metrics.cpuTime],
  ['process_memory_usage_bytes', kit.metrics.memoryUsage],
  [
    'nodejs_eventloop_utilization_ratio',
    { name: 'nodejs.eventloop.utilization', unit: '1', instrument: 'gauge' },
  ],
] as const)('When a metric is exported, then Prometheus has it as %s', ([name, metric]) => {
  expect(prometheusName(metric)).toBe(name);
});
