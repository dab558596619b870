import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from './lab-error.ts';

/** The folders in the stack's home; absolute paths. */
export type Folders = { data: string; logs: string; run: string };

const marker = 'vitrine-home.txt';
const markerText =
  'The shop keeps its data, logs and run files here. `./stop.sh --reset` deletes those three folders.\n';

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

/** Deletes the folders that `openHome` made, and says which there were. */
export function emptyHome(home: string): string[] {
  refuseForeignHome(home);
  const present = Object.values(foldersOf(home)).filter(existsSync);
  for (const folder of present) rmSync(folder, { recursive: true });
  return present;
}

export function refuseForeignHome(home: string): void {
  if (existsSync(join(home, marker))) return;
  const foreign = Object.values(foldersOf(home)).find(existsSync);
  if (foreign === undefined) return;
  throw new UsageError(
    `${foreign} is not the shop's (${home} has no ${marker}): set VITRINE_HOME to another folder.`,
  );
}
