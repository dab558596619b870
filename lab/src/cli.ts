import { setImmediate } from 'node:timers/promises';
import { CommanderError } from 'commander';
import { signal } from './interruption.ts';
import { LabError, UsageError } from './lab-error.ts';

try {
  // It takes a moment to load them, in which a signal may come; Node hands it over in its next turn.
  const { program } = await import('./commands.ts');
  await setImmediate();
  signal.throwIfAborted();
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitStatus(error);
}

/** 1 it went wrong, 2 it was asked wrongly, 130 it was interrupted. Says why, unless that was said. */
function exitStatus(error: unknown): number {
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
