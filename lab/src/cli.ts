import { setImmediate } from 'node:timers/promises';
import { exitStatus } from './exit-status.ts';
import { signal } from './interruption.ts';

try {
  // A signal may come while the commands load; Node delivers it in the next turn of the event loop.
  const { program } = await import('./commands.ts');
  await setImmediate();
  signal.throwIfAborted();
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitStatus(error);
}
