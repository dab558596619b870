import { setTimeout as wait } from 'node:timers/promises';

/**
 * Asks `check` every `intervalMs` until it answers something other than undefined, which is the result;
 * undefined when `limitMs` have passed. Throws the signal's reason when it is aborted.
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
