import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Progress } from '../progress.ts';
import { reasonOf } from '../query/backend.ts';

type Stop = () => Promise<unknown>;

/**
 * Gives `work` a folder, and a list to which it adds what stops each shop that it starts there. When the work ends, however
 * it ends, all shops are stopped; then the folder is deleted, unless one of them could not be. The first failure is
 * thrown, that of the work before those of the end; the others are reported.
 */
export async function withShopsFolder(
  report: Progress['report'],
  work: (folder: string, stops: Stop[]) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-bench-'));
  const stops: Stop[] = [];
  const failures = await failuresOf([work(folder, stops)]);
  if (stops.length > 0) report('Stopping the shops …');
  const failedStops = await failuresOf(stops.map((stop) => stop()));
  failures.push(...failedStops);
  // A part's last process may still write down how the part ended.
  const deletion = { recursive: true, force: true, maxRetries: 10 };
  if (failedStops.length === 0) failures.push(...(await failuresOf([rm(folder, deletion)])));
  const [first, ...others] = failures;
  for (const failure of others) report(reasonOf(failure));
  if (failures.length > 0) throw first;
}

/** Waits until all have ended, and resolves to the reasons of those that failed. */
async function failuresOf(endings: readonly Promise<unknown>[]): Promise<unknown[]> {
  const outcomes = await Promise.allSettled(endings);
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
}
