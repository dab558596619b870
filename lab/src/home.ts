import { existsSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asTyped } from './kubernetes/cluster.ts';
import { UsageError } from './lab-error.ts';
import { partNames } from './part-names.ts';

/** The folders in the stack's home; absolute paths. */
export type Folders = { data: string; logs: string; run: string };

const marker = 'vitrine-home.txt';
const markerText = 'The shop keeps its data, logs and run files here. `./stop.sh --reset` deletes them.\n';

export function foldersOf(home: string): Folders {
  return { data: join(home, 'data'), logs: join(home, 'logs'), run: join(home, 'run') };
}

/**
 * Creates the home and its folders, for their owner only. Throws when one of them exists and is not the shop's, so that
 * `emptyHome` never deletes somebody else's files.
 */
export function openHome(home: string): void {
  refuseForeignHome(home);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeFileSync(join(home, marker), asTyped(markerText));
  for (const folder of Object.values(foldersOf(home))) mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** Deletes what `openHome` created; returns the folders that existed. */
export function emptyHome(home: string): string[] {
  refuseForeignHome(home);
  const present = Object.values(foldersOf(home)).filter(existsSync);
  for (const folder of present) rmSync(folder, { recursive: true });
  // The marker goes last: a half-emptied home is still the shop's.
  rmSync(join(home, marker), { force: true });
  return present;
}

/** Removes the home if it is empty. */
export function removeEmptyHome(home: string): void {
  try {
    rmdirSync(home);
  } catch {
    // rmdir(2) refuses a folder that is not empty.
  }
}

/** Whether the home holds databases of native mode. */
export function hasNativeData(home: string): boolean {
  const { data } = foldersOf(home);
  return partNames.some((part) => part.endsWith('_dbase') && existsSync(join(data, part)));
}

/** Throws a UsageError when the home has folders of the shop's names that are not the shop's. */
export function refuseForeignHome(home: string): void {
  if (existsSync(join(home, marker))) return;
  const foreign = Object.values(foldersOf(home)).find(existsSync);
  if (foreign === undefined) return;
  throw new UsageError(
    `${foreign} is not the shop's (${home} has no ${marker}): set VITRINE_HOME to another folder.`,
  );
}
