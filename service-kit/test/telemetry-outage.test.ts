import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { startTracedShop } from '../../test/traced-shop';

vi.setConfig({ testTimeout: 60_000 });

const LATE = { timeout: 15_000, interval: 50 };
const OUTAGE_MS = 15_000;

/** Ten requests a second. @returns how many were asked, and the longest any took */
async function askFor(milliseconds: number, url: string) {
  const endsAt = Date.now() + milliseconds;
  const times: Promise<number>[] = [];
  while (Date.now() < endsAt) {
    times.push(timeOf(fetch(`${url}/api/product/laptop-pro?${randomUUID()}`)));
    await delay(100);
  }
  const taken = await Promise.all(times);
  return { asked: taken.length, longestMs: Math.max(...taken) };
}

async function timeOf(asked: Promise<Response>): Promise<number> {
  const startedAt = performance.now();
  const { status } = await asked;
  expect(status).toBe(200);
  return performance.now() - startedAt;
}

test('When the collector is away for a while, then no request notices and nothing is lost', async () => {
  const shop = await startTracedShop(['product-service']);
  const { sink } = shop;
  const servers = () => sink.spans.filter(({ kind }) => kind === 'SERVER').length;
  const lines = () => sink.logs.filter(({ body }) => body === 'request').length;
  const url = shop.url('product-service');
  await askFor(1000, url);
  sink.stop();
  const { longestMs } = await askFor(OUTAGE_MS, url);
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

test('When the collector hangs, then neither requests nor the end of the process wait for it', async () => {
  const shop = await startTracedShop(['product-service']);
  shop.sink.pretend('hanging');
  const { longestMs } = await askFor(8000, shop.url('product-service'));
  const { ends, milliseconds } = await shop.stop();
  expect(longestMs).toBeLessThan(500);
  expect(ends.map(({ status, stderr }) => ({ status, stderr }))).toEqual([{ status: 0, stderr: '' }]);
  // Half a second to drain, two to flush.
  expect(milliseconds).toBeLessThan(3500);
  await shop.close();
});
