import { setTimeout as pause } from 'node:timers/promises';
import { poll } from '../../src/poll.ts';

/** One request of the traffic. `startedAt` is in milliseconds of `performance.now()`. */
export type Observation = { what: string; startedAt: number; ms: number; outcome: number | string };

export type Traffic = {
  readonly seen: readonly Observation[];
  /** Resolves when every request, made from now on, has had this status once; throws after half a minute. */
  allAnswer: (status: number) => Promise<void>;
  /** Lets the requests under way end. */
  stop: () => Promise<readonly Observation[]>;
};

type Ask = () => Promise<{ status: number }>;

const betweenMs = 50;
const limitMs = 30_000;

/** Repeats every request as a visitor of its own would: the next one once the last is answered. */
export function steadyTraffic(asks: Record<string, Ask>): Traffic {
  const seen: Observation[] = [];
  let isOver = false;

  const visit = async (what: string, ask: Ask) => {
    while (!isOver) {
      const startedAt = performance.now();
      const outcome = await ask().then(({ status }) => status, reasonOf);
      seen.push({ what, startedAt, ms: performance.now() - startedAt, outcome });
      await pause(betweenMs);
    }
  };
  const visits = Promise.all(Object.entries(asks).map(([what, ask]) => visit(what, ask)));

  return {
    seen,
    async allAnswer(status) {
      const from = performance.now();
      const missing = () => {
        const answered = seen.filter(({ startedAt, outcome }) => startedAt >= from && outcome === status);
        return Object.keys(asks).filter((what) => !answered.some((one) => one.what === what));
      };
      if (await poll(() => missing().length === 0 || undefined, { intervalMs: 20, limitMs })) return;
      const last = missing().map((what) => JSON.stringify(seen.findLast((one) => one.what === what)));
      throw new Error(`Not ${status} within ${limitMs} ms, but: ${last.join(', ')}`);
    },
    async stop() {
      isOver = true;
      await visits;
      return seen;
    },
  };
}

/** The code of the error at the bottom, such as that of a refused connection. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && error.cause !== undefined) return reasonOf(error.cause);
  if (error instanceof Error && 'code' in error) return String(error.code);
  return String(error);
}
