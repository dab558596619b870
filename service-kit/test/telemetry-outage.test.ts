import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startTracedShop } from '../../test/traced-shop';

vi.setConfig({ testTimeout: 120_000 });

const LATE = { timeout: 60_000, interval: 50 };
const OUTAGE_MS = 5000;

/** Sends ten requests a second, which all have to succeed. */
async function sendRequests(milliseconds: number, url: string) {
  const endsAt = Date.now() + milliseconds;
  const responses: Promise<Response>[] = [];
  while (Date.now() < endsAt) {
    responses.push(fetch(`${url}/api/product/laptop-pro?${randomUUID()}`));
    await delay(100);
  }
  for (const { status } of await Promise.all(responses)) expect(status).toBe(200);
}

test('When the collector is away for less time than telemetry is held, then nothing is lost', async () => {
  const shop = await startTracedShop(['product-service']);
  onTestFinished(shop.close);
  const { sink } = shop;
  const servers = () => sink.spans.filter(({ kind }) => kind === 'SERVER').length;
  const lines = () => sink.logs.filter(({ body }) => body === 'request').length;
  const url = shop.url('product-service');
  await sendRequests(1000, url);
  sink.stop();
  await sendRequests(OUTAGE_MS, url);
  const metricsBefore = sink.total('otel.sdk.span.started');
  await sink.start();
  await expect.poll(() => sink.total('otel.sdk.span.started'), LATE).toBeGreaterThan(metricsBefore);
  const { ends } = await shop.stop();
  const requests = ends[0]?.stdout.match(/"msg":"request"/g)?.length ?? 0;
  expect(requests).toBeGreaterThan(20);
  expect(servers()).toBe(requests);
  expect(lines()).toBe(requests);
});
