import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { foldersOf } from '../home.ts';
import { createParts } from '../parts.ts';
import type { Settings } from '../settings.ts';
import { bringUp } from './bring-up.ts';
import { type NativePart, nativePart, type Programs } from './native-part.ts';
import { partProcess } from './part-process.ts';

/**
 * Runs a part with its present program and settings on another port until it is ready, while the old process works on.
 * Throws a LabError with its complaint.
 */
export async function tryElsewhere(
  { part: { name }, host }: NativePart,
  settings: Settings,
  programs: Programs,
  signal: AbortSignal,
): Promise<void> {
  const elsewhere = { ...settings, ports: { ...settings.ports, [name]: await findFreePort(host) } };
  const trials = createParts(elsewhere)
    .filter((part) => part.name === name)
    .map((part) => nativePart(part, elsewhere, programs));
  const folder = join(foldersOf(settings.home).logs, 'trial');
  const process = partProcess(name, { run: folder, logs: folder });
  // A command that was killed may have left one.
  await process.stop();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const progress = { report: () => undefined, signal };
  await bringUp(
    trials.map((trial) => ({ ...trial, process })),
    async () => undefined,
    progress,
  );
  await process.stop();
}

async function findFreePort(host: string): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: 0 }, () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}
