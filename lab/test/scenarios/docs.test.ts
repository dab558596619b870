import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished } from 'vitest';
import { poll } from '../../src/poll.ts';
import { test } from '../stack/stack-test.ts';
import { root, type Site } from '../stack/start-stack.ts';

/** The commands of a page: its indented lines, without comments. Fenced blocks show files. */
function commandsOf(page: string): string[] {
  const text = readFileSync(join(root, 'docs', page), 'utf8').replace(/^```.*?^```$/gms, '');
  return [...text.matchAll(/^ {4}(\S.*?)(?:\s+#.*)?$/gm)].map(([, command = '']) => command);
}

/** The command as someone with this shop types it: at its ports, and with the id of a request. */
function adapt(command: string, { ports }: Site, traceId: string): string {
  const moved = ports.frontend - 5000;
  return command
    .replace('<id>', traceId)
    .replace(/(127\.0\.0\.1:)(\d+)/g, (_, host, port) => `${host}${Number(port) + moved}`);
}

async function openShop({ urls, environment }: Site): Promise<string> {
  const response = await fetch(urls.frontend);
  const traceId = response.headers.get('x-trace-id') ?? '';
  const isThere = () =>
    promisify(execFile)(join(root, 'vitrine'), ['trace', traceId], { env: environment }).then(
      () => true,
      () => undefined,
    );
  expect(await poll(isThere, { intervalMs: 1000, limitMs: 30_000 })).toBe(true);
  return traceId;
}

/** A scenario takes some minutes, and waits until what the one before has left is gone. */
const longMs = 1_200_000;

test.for(['tour.md', 'scenarios.md', 'drill.md', 'try-a-change.md', 'troubleshooting.md'])(
  'When the commands of docs/%s are typed, then each does what it says',
  { timeout: longMs },
  async (page, { stack }) => {
    // The page before may have ended with a stopped shop.
    expect(await stack.vitrine('up')).toMatchObject({ status: 0 });
    const traceId = await openShop(stack);
    for (const command of commandsOf(page)) {
      const typed = adapt(command, stack, traceId);
      const child = spawn('bash', ['-c', typed.startsWith('./vitrine traffic') ? `exec ${typed}` : typed], {
        ...{ cwd: root, env: stack.environment, stdio: ['ignore', 'pipe', 'pipe'] },
      });
      const said: Buffer[] = [];
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (chunk: Buffer) => said.push(chunk));
      if (typed.startsWith('./vitrine traffic')) {
        // It runs in a terminal of its own, until the end.
        onTestFinished(() => void child.kill('SIGINT'));
        continue;
      }
      const [status] = await once(child, 'close');
      const outcome = { typed, status, said: Buffer.concat(said).toString() };
      expect(outcome).toEqual({ ...outcome, status: 0 });
    }
  },
);
