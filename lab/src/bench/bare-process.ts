import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Runs the bare handler as a process of its own, and resolves to its address. */
export async function startBareHandler(database: object): Promise<{ url: string; stop: () => void }> {
  const handler = fork(join(import.meta.dirname, 'bare-handler.ts'), [JSON.stringify(database)]);
  const [port] = await once(handler, 'message');
  return { url: `http://127.0.0.1:${port}`, stop: () => handler.kill() };
}
