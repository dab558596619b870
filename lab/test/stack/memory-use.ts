import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import type { PartName } from '../../src/part-names.ts';
import { inspectProcess } from '../../src/process-table.ts';
import { type Arrival, arrivals, failuresOf, quantile } from './arrivals.ts';
import { type Site, startStack } from './start-stack.ts';

const backends: PartName[] = ['otel-collector', 'jaeger', 'prometheus', 'loki'];
const services: PartName[] = ['frontend', 'user-service', 'product-service', 'order-service'];
const databases: PartName[] = ['user_dbase', 'product_dbase', 'order_dbase'];

/** In MB: 500 MiB. */
const restLimit = 524;
/** Services collect garbage when they have been at rest for a minute. */
const restLimitMs = 90_000;

/**
 * Measures a shop of its own: idle, backends take 360 MB at most, services 480 MB and databases 210 MB; under `load`, which
 * resolves to what came of it, backends take 600 MB. Two thirds of what idle backends take are pages of their programs'
 * files, and the kernel maps more or fewer of these: 280 to 330 MB were seen of the same programs. With `waitsForRest`, the
 * services are to give back what they took under load.
 */
export async function measureMemory(
  load: (url: string) => Promise<readonly Arrival[]>,
  { waitsForRest = false } = {},
): Promise<void> {
  const site = await startStack();
  try {
    // One visit loads everything that is loaded on first use.
    const visit = await arrivals(site.urls.frontend, { perSecond: 5, seconds: 1 });
    expect(failuresOf(visit)).toEqual([]);
    const idle = {
      backends: await mostOf(site, backends, pause(10_000)),
      services: await mostOf(site, services, pause(5000)),
      databases: memoryOf(site, databases),
    };
    const loading = load(site.urls.frontend);
    const loaded = await mostOf(
      site,
      backends,
      loading.then(() => pause(2000)),
    );
    const seen = await loading;
    const times = seen.map(({ ms }) => ms);
    // biome-ignore lint/suspicious/noConsole: figures for whoever reads the run
    console.info(JSON.stringify({ idle, loaded, requests: seen.length, p95: quantile(times, 0.95) }));
    expect(failuresOf(seen)).toEqual([]);
    expect(sum(idle.backends)).toBeLessThanOrEqual(360);
    expect(sum(idle.services)).toBeLessThanOrEqual(480);
    expect(sum(idle.databases)).toBeLessThanOrEqual(210);
    expect(sum(loaded)).toBeLessThanOrEqual(600);
    if (!waitsForRest) return;
    const atRest = () => sum(memoryOf(site, services));
    await expect.poll(atRest, { timeout: restLimitMs, interval: 1000 }).toBeLessThanOrEqual(restLimit);
  } finally {
    await site.stop();
  }
}

/** The resident memory of parts in MB, at the second before `end` in which they took most together. */
async function mostOf(
  site: Site,
  parts: readonly PartName[],
  end: Promise<unknown>,
): Promise<Record<string, number>> {
  let most: Record<string, number> = {};
  let isOver = false;
  const over = end.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await pause(1000);
    const now = memoryOf(site, parts);
    if (sum(now) > sum(most)) most = now;
  }
  await over;
  return most;
}

function memoryOf(site: Site, parts: readonly PartName[]): Record<string, number> {
  return Object.fromEntries(parts.map((part) => [part, megabytesOf(site, part)]));
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
