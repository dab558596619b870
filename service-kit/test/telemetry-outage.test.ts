import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { startTracedShop } from '../../test/traced-shop';

vi.setConfig({ testTimeout: 60_000 });

const LATE = { timeout: 15_000, interval: 50 };
const OUTAGE_MS = 15_000;

/** Sends ten requests a second and returns the longest duration. */
async function sendRequests(milliseconds: number, url: string) {
  const endsAt = Date.now() + milliseconds;
  const durations: Promise<number>[] = [];
  while (Date.now() < endsAt) {
    durations.push(durationOf(fetch(`${url}/api/product/laptop-pro?${randomUUID()}`)));
    await delay(100);
  }
  return { longestMs: Math.max(...(await Promise.all(durations))) };
}

async function durationOf(response: Promise<Response>): Promise<number> {
  const startedAt = performance.now();
  const { status } = await response;
  expect(status).toBe(200);
  return performance.now() - startedAt;
}

test('When the collector is away for a while, then requests stay fast and nothing is lost', async () => {
  const shop = await startTracedShop(['product-service']);
  const { sink } = shop;
  const servers = () => sink.spans.filter(({ kind }) => kind === 'SERVER').length;
  const lines = () => sink.logs.filter(({ body }) => body === 'request').length;
  const url = shop.url('product-service');
  await sendRequests(1000, url);
  sink.stop();
  const { longestMs } = await sendRequests(OUTAGE_MS, url);
  const metricsBefore = sink.total('otel.sdk.span.started');
  await sink.start();
  const backAt = performance.now();
  await expect.poll(() => sink.total('otel.sdk.span.started'), LATE).toBeGreaterThan(metricsBefore);
  expect(performance.now() - backAt).toBeLessThan(5000);
  const { ends } = await shop.stop();
  const requests = ends[0]?.stdout.match(/"msg":"request"/g)?.length ?? 0;
  expect(requests).toBeGreaterThan(100);
  expect(longestMs).toBeLessThan(500);
  expect(servers()).toBe(requests);
  expect(lines()).toBe(requests);
  await shop.close();
});

test('When the collector hangs, then requests and the end of the process do not wait for it', async () => {
  const shop = await startTracedShop(['product-service']);
  shop.sink.pretend('hanging');
  const { longestMs } = await sendRequests(8000, shop.url('product-service'));
  const { ends, milliseconds } = await shop.stop();
  expect(longestMs).toBeLessThan(500);
  expect(ends.map(({ status, stderr }) => ({ status, stderr }))).toEqual([{ status: 0, stderr: '' }]);
  // Draining takes half a second, flushing two.
  expect(milliseconds).toBeLessThan(3500);
  await shop.close();
});
