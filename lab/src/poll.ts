import { setTimeout as wait } from 'node:timers/promises';

/**
 * Calls `check` every `intervalMs` until it returns something other than undefined, and resolves to that; to undefined
 * when `limitMs` have passed. Throws the signal's reason when `signal` aborts.
 */
export async function poll<Answer>(
  check: () => Promise<Answer | undefined> | Answer | undefined,
  { intervalMs, limitMs, signal }: { intervalMs: number; limitMs: number; signal?: AbortSignal | undefined },
): Promise<Answer | undefined> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    signal?.throwIfAborted();
    const answer = await check();
    if (answer !== undefined || Date.now() >= deadline) return answer;
    await wait(intervalMs);
  }
}

/** Metrics arrive within so long: 5 s between two exports of a service, and 5 s between two scrapes of Prometheus. */
export const arrivalMs = 12_000;

/** Waits for so long. Throws the signal's reason when `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
