import { once } from 'node:events';
import limitConcurrency from 'p-limit';
import { LabError } from '../lab-error.ts';
import { arrivalMs, pause, poll } from '../poll.ts';

/**
 * Something that must hold. `look` says what is wrong at present, each in a sentence that says where to look; what it says
 * after `deadline` is not heard.
 */
export type Check = {
  group: string;
  name: string;
  look: Look;
  /** That there is none of something can be told only when all has had the time to arrive. */
  isOfAbsence?: boolean;
};
type Look = (deadline: AbortSignal) => Promise<readonly string[]>;

/** A check that holds has no problems. */
export type Result = { group: string; name: string; problems: readonly string[] };

export type Verdict = { results: readonly Result[]; seconds: number };

export function holds({ results }: Verdict): boolean {
  return results.every(({ problems }) => problems.length === 0);
}

const betweenMs = 2000;

/**
 * Looks until each check holds, since telemetry takes some seconds. When `limitMs` have passed, a check has the problems of
 * its last look that came to an end.
 */
export async function settle(
  checks: readonly Check[],
  { limitMs, signal }: { limitMs: number; signal: AbortSignal },
): Promise<Result[]> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(Math.max(limitMs, 0))]);
  const isLate = once(deadline, 'abort');
  return Promise.all(
    checks.map(async ({ group, name, look, isOfAbsence }) => {
      let problems: readonly string[] = [
        `It did not come to an end within ${Math.round(limitMs / 1000)} s: a part answers slowly, or not at all. ./vitrine status may say which.`,
      ];
      const check = async () => {
        const found = await look(deadline).catch((error) => [messageOf(error)]);
        if (!deadline.aborted) problems = found;
        return problems.length === 0 || undefined;
      };
      const beginsMs = isOfAbsence ? Math.min(arrivalMs, limitMs / 2) : 0;
      const looking = async () => {
        if (beginsMs > 0) await pause(beginsMs, signal);
        await poll(check, { intervalMs: betweenMs, limitMs: limitMs - beginsMs, signal });
      };
      await Promise.race([looking(), isLate]);
      signal.throwIfAborted();
      return { group, name, problems: [...new Set(problems)].map(asSentence) };
    }),
  );
}

/** Some problems are the message of a backend, which is a sentence already. */
function asSentence(problem: string): string {
  return /[.:?!…]$/.test(problem) ? problem : `${problem}.`;
}

/** The message of a failure that explains itself. Throws any other. */
export function messageOf(error: unknown): string {
  if (error instanceof LabError) return error.message;
  throw error;
}

/** Looks into every item, some at a time, and from then on only into those in which a problem was found. */
export function lookIntoEach<Item>(
  items: readonly Item[],
  look: (item: Item) => Promise<readonly string[]>,
): Look {
  const some = limitConcurrency(4);
  let pending = items;
  return async (deadline) => {
    const found = await some.map(pending, async (item) => ({
      item,
      problems: deadline.aborted ? [] : await look(item).catch((error) => [messageOf(error)]),
    }));
    pending = found.filter(({ problems }) => problems.length > 0).map(({ item }) => item);
    return found.flatMap(({ problems }) => problems);
  };
}
