import { fork } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import { clusterArgument } from '../kubernetes/cluster.ts';
import { LabError, UsageError } from '../lab-error.ts';
import type { Progress } from '../progress.ts';
import { type Sheet, sheetSchema } from './sheet.ts';
import type { Draw } from './situation.ts';

/** What the host of a drill says until the sheet is ready. */
const messageSchema = z.union([
  z.object({ progress: z.string() }),
  z.object({ problem: z.string(), isUsage: z.boolean() }),
  z.object({ sheet: sheetSchema }),
]);
export type HostMessage = z.output<typeof messageSchema>;

/**
 * Starts the process that hosts a drill, and resolves to the sheet; the process lives on. What is drawn is told by IPC:
 * others can read arguments and environment. When the signal aborts before, the process puts the shop right and ends. Throws a LabError when it cannot begin the drill.
 */
export function startHost(draw: Draw, { report, signal }: Progress): Promise<Sheet> {
  const host = fork(join(import.meta.dirname, 'host.ts'), [clusterArgument()], {
    detached: true,
    stdio: 'ignore',
  });
  // It takes the end of the connection for that of this command.
  signal.addEventListener('abort', () => host.connected && host.disconnect());
  return new Promise((resolve, reject) => {
    let problem: Error | undefined;
    host.on('message', (given) => {
      const message = messageSchema.parse(given);
      if ('progress' in message) report(message.progress);
      else if ('sheet' in message) {
        host.on('disconnect', () => host.unref());
        resolve(message.sheet);
      } else problem = new (message.isUsage ? UsageError : LabError)(message.problem);
    });
    host.on('error', reject);
    host.on('exit', () => {
      const end = 'The drill has ended before its time. ./vitrine status puts right what it has left.';
      reject(problem ?? (signal.aborted ? signal.reason : new LabError(end)));
    });
    host.send(draw);
  });
}
