import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import type { PartName } from '../../src/part-names.ts';
import { inspectProcess } from '../../src/process-table.ts';
import { arrivals, failuresOf, quantile } from './arrivals.ts';
import { test } from './stack-test.ts';
import type { Site } from './start-stack.ts';

const backends: PartName[] = ['otel-collector', 'jaeger', 'prometheus', 'loki'];
const services: PartName[] = ['frontend', 'user-service', 'product-service', 'order-service'];

test('When the shop is idle, then backends take 320 MB at most and services 480 MB; at 100 requests a second backends 600 MB', async ({
  stack,
}) => {
  // One visit, so that everything that is loaded on first use is loaded.
  const visit = await arrivals(stack.urls.frontend, { perSecond: 5, seconds: 1 });
  expect(failuresOf(visit)).toEqual([]);
  const idle = { backends: await mostOf(stack, backends, 10), services: await mostOf(stack, services, 5) };

  const load = arrivals(stack.urls.frontend, { perSecond: 100, seconds: 60 });
  const loaded = await mostOf(stack, backends, 62);
  const seen = await load;
  const p95 = quantile(
    seen.map(({ ms }) => ms),
    0.95,
  );
  // biome-ignore lint/suspicious/noConsole: figures for whoever reads the run
  console.info(JSON.stringify({ idle, loaded, p95 }));
  expect(failuresOf(seen)).toEqual([]);
  expect(sum(idle.backends)).toBeLessThanOrEqual(320);
  expect(sum(idle.services)).toBeLessThanOrEqual(480);
  expect(sum(loaded)).toBeLessThanOrEqual(600);
});

/** The resident memory of parts in MB, at the second of these in which they took most together. */
async function mostOf(
  site: Site,
  parts: readonly PartName[],
  seconds: number,
): Promise<Record<string, number>> {
  let most: Record<string, number> = {};
  for (let second = 0; second < seconds; second += 1) {
    await pause(1000);
    const now = Object.fromEntries(parts.map((part) => [part, megabytesOf(site, part)]));
    if (sum(now) > sum(most)) most = now;
  }
  return most;
}

function megabytesOf({ home }: Site, part: PartName): number {
  const { pid } = JSON.parse(readFileSync(join(home, 'run', `${part}.json`), 'utf8'));
  const process = inspectProcess(pid);
  if (!process) throw new Error(`${part} does not run.`);
  return Math.round(process.residentBytes / 1_000_000);
}

function sum(values: Record<string, number>): number {
  return Object.values(values).reduce((total, value) => total + value, 0);
}
