import limitConcurrency from 'p-limit';
import { LabError } from '../lab-error.ts';
import { poll } from '../poll.ts';

/** Something that must hold. `look` says what is wrong at present, each in a sentence that says where to look. */
export type Check = { group: string; name: string; look: () => Promise<readonly string[]> };

/** A check that holds has no problems. */
export type Result = { group: string; name: string; problems: readonly string[] };

export type Verdict = { results: readonly Result[]; seconds: number };

export function holds({ results }: Verdict): boolean {
  return results.every(({ problems }) => problems.length === 0);
}

const betweenMs = 2000;

/** Looks until each check holds or `limitMs` have passed, since telemetry takes some seconds. */
export function settle(
  checks: readonly Check[],
  { limitMs, signal }: { limitMs: number; signal: AbortSignal },
): Promise<Result[]> {
  return Promise.all(
    checks.map(async ({ group, name, look }) => {
      let problems: readonly string[] = [];
      const check = async () => {
        problems = await look().catch((error) => [messageOf(error)]);
        return problems.length === 0 || undefined;
      };
      await poll(check, { intervalMs: betweenMs, limitMs, signal });
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
): () => Promise<readonly string[]> {
  const some = limitConcurrency(4);
  let pending = items;
  return async () => {
    const found = await some.map(pending, async (item) => ({
      item,
      problems: await look(item).catch((error) => [messageOf(error)]),
    }));
    pending = found.filter(({ problems }) => problems.length > 0).map(({ item }) => item);
    return found.flatMap(({ problems }) => problems);
  };
}
