import { exitStatus } from '../exit-status.ts';
import { signal } from '../interruption.ts';
import { withStack } from '../session.ts';
import { seedLargeShop } from './seed.ts';

/* Run by hand: ./scripts/node.sh lab/src/bench/seed-command.ts */
try {
  await withStack(signal, ({ settings, report }) => seedLargeShop(settings, { report, signal }));
} catch (error) {
  process.exitCode = exitStatus(error);
}
