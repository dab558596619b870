import { setTimeout as pause } from 'node:timers/promises';
import { reasonOf } from './traffic.ts';

/** One request, and how it ended: with a status, or with why there is none. */
export type Arrival = { sentAtMs: number; ms: number; outcome: number | string; traceId: string };

/** Opens a page `perSecond` times a second for so long, whether or not the one before has been answered. */
export async function arrivals(
  url: string,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<Arrival[]> {
  const startedAt = performance.now();
  const asks: Promise<Arrival>[] = [];
  for (let index = 0; index < perSecond * seconds; index += 1) {
    await pause(Math.max(0, startedAt + (index * 1000) / perSecond - performance.now()));
    asks.push(arrive(url));
  }
  return Promise.all(asks);
}

/** Opens a page once, to its last byte. */
export async function arrive(url: string): Promise<Arrival> {
  const sentAtMs = Date.now();
  const startedAt = performance.now();
  const end = (outcome: number | string, traceId = '') => ({
    ...{ sentAtMs, ms: performance.now() - startedAt, outcome, traceId },
  });
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    await response.arrayBuffer();
    return end(response.status, response.headers.get('x-trace-id') ?? '');
  } catch (error) {
    return end(reasonOf(error));
  }
}

/** The arrivals that were not answered with 200. */
export function failuresOf(seen: readonly Arrival[]): Arrival[] {
  return seen.filter(({ outcome }) => outcome !== 200);
}

/**
 * Whether the shop gave up after a time limit, by default that of the frontend, as it does where the machine is busy with
 * something else. A request that is lost fails at once.
 */
export function isLate({ outcome, ms }: Arrival, limitMs = 1800): boolean {
  return outcome === 503 && ms > limitMs;
}

/** @param share such as 0.95: this share of the values is at most the result */
export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN;
}
