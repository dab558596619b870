import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from './lab-error.ts';
import type { Ports } from './other-ports.ts';
import { portNames } from './part-names.ts';

/** The folders in the stack's home; absolute paths. */
export type Folders = { data: string; logs: string; run: string };

const marker = 'vitrine-home.txt';
const markerText = 'The shop keeps its data, logs and run files here. `./stop.sh --reset` deletes them.\n';

const portsSchema = z.partialRecord(z.enum(portNames), z.number());

export function foldersOf(home: string): Folders {
  return { data: join(home, 'data'), logs: join(home, 'logs'), run: join(home, 'run') };
}

/**
 * Makes the home and its folders, for their owner only. Throws when one of them was there already and is not
 * the shop's, so that `emptyHome` never deletes what others made.
 */
export function openHome(home: string): void {
  refuseForeignHome(home);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeFileSync(join(home, marker), markerText);
  for (const folder of Object.values(foldersOf(home))) mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** Deletes what `openHome` made, and says which folders there were. */
export function emptyHome(home: string): string[] {
  refuseForeignHome(home);
  const present = Object.values(foldersOf(home)).filter(existsSync);
  for (const folder of present) rmSync(folder, { recursive: true });
  // Last: a home that is only half emptied is still the shop's.
  rmSync(join(home, marker), { force: true });
  return present;
}

/** An empty folder tells nobody anything; one that holds something, or is just being filled, stays. */
export function removeEmptyHome(home: string): void {
  try {
    rmdirSync(home);
  } catch {
    // rmdir(2) refuses it.
  }
}

/** Notes, in an open home, on which ports the shop in it is started. */
export function recordPorts(home: string, ports: Ports): void {
  const file = portsFile(home);
  writeFileSync(`${file}.new`, JSON.stringify(ports));
  renameSync(`${file}.new`, file);
}

/** The ports of the last start in this home, as far as they are known. */
export function readPorts(home: string): Ports {
  try {
    return portsSchema.parse(JSON.parse(readFileSync(portsFile(home), 'utf8')));
  } catch {
    // Missing, or not ours.
    return {};
  }
}

function portsFile(home: string): string {
  return join(foldersOf(home).run, 'ports.json');
}

export function refuseForeignHome(home: string): void {
  if (existsSync(join(home, marker))) return;
  const foreign = Object.values(foldersOf(home)).find(existsSync);
  if (foreign === undefined) return;
  throw new UsageError(
    `${foreign} is not the shop's (${home} has no ${marker}): set VITRINE_HOME to another folder.`,
  );
}
