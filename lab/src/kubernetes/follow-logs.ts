import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Variables } from '../env-file.ts';
import type { PartName } from '../part-names.ts';
import { workloadName } from './workloads.ts';

type Options = { lines: number; follow: boolean; onLine: (part: PartName, line: string) => void };

/**
 * Passes the last lines of the parts' logs to `onLine`, part by part, and with `follow` every new line until `signal`
 * aborts. `place` are the arguments that name the context and the namespace. What kubectl says of a pod that has no log
 * yet goes to stderr.
 */
export async function followLogs(
  parts: readonly PartName[],
  { lines, follow, onLine }: Options,
  place: readonly string[],
  environment: Variables,
  signal: AbortSignal,
): Promise<void> {
  // One process follows all of them.
  for (const some of follow ? [parts] : parts.map((part) => [part])) {
    const selector = `app.kubernetes.io/name in (${some.map(workloadName).join(',')})`;
    const options = ['--prefix', '--all-containers', '--ignore-errors', '--max-log-requests=100'];
    const args = ['logs', `--selector=${selector}`, ...options, `--tail=${lines}`];
    const child = spawn('kubectl', [...place, ...args, ...(follow ? ['--follow'] : [])], {
      ...{ env: environment, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    const end = () => child.kill();
    signal.addEventListener('abort', end);
    const closed = once(child, 'close');
    createInterface(child.stderr).on('line', (line) => {
      if (!/^No resources found/.test(line)) process.stderr.write(`${line}\n`);
    });
    for await (const line of createInterface(child.stdout)) {
      const [, container, text = ''] = /^\[pod\/[^/]+\/([^\]]+)\] ?(.*)$/.exec(line) ?? [];
      const part = some.find((name) => workloadName(name) === container);
      if (part) onLine(part, text);
    }
    await closed;
    signal.removeEventListener('abort', end);
    if (signal.aborted) return;
  }
}
