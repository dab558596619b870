import { CommanderError } from 'commander';
import { signal } from './interruption.ts';
import { asTyped } from './kubernetes/cluster.ts';
import { LabError, UsageError } from './lab-error.ts';

/** Exit status 1 for a failure, 2 for wrong usage, 130 for an interruption. Prints the reason on stderr, once. */
export function exitStatus(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (signal.aborted) {
    process.stderr.write('Interrupted.\n');
    return 130;
  }
  const isExplained = error instanceof LabError || (error instanceof Error && 'syscall' in error);
  const text = error instanceof Error ? (isExplained ? error.message : error.stack) : error;
  process.stderr.write(`${isExplained ? asTyped(String(text)) : text}\n`);
  return error instanceof UsageError ? 2 : 1;
}
