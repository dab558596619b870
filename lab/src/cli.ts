import { setImmediate } from 'node:timers/promises';
import { exitStatus } from './exit-status.ts';
import { signal } from './interruption.ts';

try {
  // It takes a moment to load them, in which a signal may come; Node hands it over in its next turn.
  const { program } = await import('./commands.ts');
  await setImmediate();
  signal.throwIfAborted();
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitStatus(error);
}
