import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { foldersOf } from '../home.ts';
import { LabError } from '../lab-error.ts';
import { migrationsStay } from '../part-messages.ts';
import type { PartName } from '../part-names.ts';
import { createParts } from '../parts.ts';
import type { Settings } from '../settings.ts';
import { bringUp } from './bring-up.ts';
import { type NativePart, nativePart, type Programs } from './native-part.ts';
import { partProcess } from './part-process.ts';

/** The process in which a part is tried. A command that was killed may have left it running. */
export function trialProcess(part: PartName, home: string): NativePart['process'] {
  const folder = trialFolder(home);
  return partProcess(part, { run: folder, logs: folder });
}

function trialFolder(home: string): string {
  return join(foldersOf(home).logs, 'trial');
}

/**
 * Runs a part with its present program and settings on another port until it is ready, while the old process works on.
 * Throws a LabError with its complaint.
 */
export async function tryElsewhere(
  { part: { kind, name }, host }: NativePart,
  settings: Settings,
  programs: Programs,
  signal: AbortSignal,
): Promise<void> {
  const elsewhere = { ...settings, ports: { ...settings.ports, [name]: await findFreePort(host) } };
  const trials = createParts(elsewhere)
    .filter((part) => part.name === name)
    .map((part) => nativePart(part, elsewhere, programs));
  const process = trialProcess(name, settings.home);
  await process.stop();
  mkdirSync(trialFolder(settings.home), { recursive: true, mode: 0o700 });
  const progress = { report: () => undefined, signal };
  await bringUp(
    trials.map((trial) => ({ ...trial, process })),
    async () => undefined,
    progress,
  ).catch((error) => {
    if (kind !== 'service' || !(error instanceof LabError)) throw error;
    throw new LabError(`${error.message}${migrationsStay}`);
  });
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
