import { CommanderError } from 'commander';
import { signal } from './interruption.ts';
import { LabError, UsageError } from './lab-error.ts';

/** 1 it went wrong, 2 it was asked wrongly, 130 it was interrupted. Says why on stderr, unless that was said. */
export function exitStatus(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (signal.aborted) {
    process.stderr.write('Interrupted.\n');
    return 130;
  }
  const isExplained = error instanceof LabError || (error instanceof Error && 'syscall' in error);
  const text = error instanceof Error ? (isExplained ? error.message : error.stack) : error;
  process.stderr.write(`${text}\n`);
  return error instanceof UsageError ? 2 : 1;
}
