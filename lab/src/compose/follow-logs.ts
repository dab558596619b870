import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Variables } from '../env-file.ts';
import { LabError } from '../lab-error.ts';
import { type PartName, partNames } from '../part-names.ts';

/**
 * Runs `docker` with `args`, a complete `compose logs` command, to its end or until `signal` aborts. Passes each line
 * to `onLine`, with the part that wrote it.
 */
export async function followLogs(
  args: readonly string[],
  environment: Variables,
  onLine: (part: PartName, line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const child = spawn('docker', args, { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  const end = () => child.kill();
  signal.addEventListener('abort', end);
  const closed = once(child, 'close');
  for await (const line of createInterface(child.stdout)) {
    const [, prefix, text = ''] = /^(\S+?)-\d+\s+\| ?(.*)$/.exec(line) ?? [];
    const part = partNames.find((name) => name === prefix);
    if (part) onLine(part, text);
  }
  const [status] = await closed;
  signal.removeEventListener('abort', end);
  if (status !== 0 && !signal.aborted) throw new LabError('docker compose logs failed.');
}
