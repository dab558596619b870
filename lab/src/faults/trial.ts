import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { foldersOf, openHome } from '../home.ts';
import { LabError } from '../lab-error.ts';
import { partNames } from '../part-names.ts';
import { inspectProcess } from '../process-table.ts';
import { writeWhole } from '../write-whole.ts';

/**
 * A scenario or a drill that breaks the shop on purpose, or a comparison that changes its pipeline. The record in the shop's
 * home tells the next command that all has to be put right if the process ended without doing so; it does not tell what is
 * broken.
 */
const trialSchema = z.object({
  /** `scenario crash`, or `drill`. */
  name: z.string(),
  pid: z.int(),
  birth: z.string(),
  /** The parts that ran when it began. */
  parts: z.array(z.enum(partNames)).readonly(),
  /** What it changes: the collector's configuration, or anything. */
  changes: z.enum(['pipeline', 'shop']).default('shop'),
  beganMs: z.int().default(0),
});
export type Trial = z.output<typeof trialSchema>;

const recordFile = (home: string) => join(foldersOf(home).run, 'trial.json');

/** The trial of the home, running or abandoned; undefined when there is none. A damaged record is an abandoned trial. */
export function readTrial(home: string): Trial | undefined {
  let text: string;
  try {
    text = readFileSync(recordFile(home), 'utf8');
  } catch {
    return undefined;
  }
  try {
    return trialSchema.parse(JSON.parse(text));
  } catch {
    return { name: 'scenario', pid: 0, birth: '', parts: [...partNames], changes: 'shop', beganMs: 0 };
  }
}

/** Whether the trial's process still runs: then it will put all right itself. */
export function isRunningTrial({ pid, birth }: Trial): boolean {
  if (pid === 0) return false;
  // Without /proc, as on macOS, the id has to do.
  return birth === '' ? isAlive(pid) : inspectProcess(pid)?.birth === birth;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Whether the trial is still the one on record. It is not once `down` has stopped the shop. */
export function isOnRecord(home: string, { pid, birth }: Trial): boolean {
  const now = readTrial(home);
  return now?.pid === pid && now.birth === birth;
}

/** Throws a LabError while another process breaks the shop on purpose. */
export function refuseRunningTrial(home: string): void {
  const other = readTrial(home);
  if (other && isRunningTrial(other)) throw trialRuns(other);
}

/**
 * Records that this process is about to change the shop for a while; the caller holds the shop's lock. Throws a LabError
 * while another one does.
 */
export function beginTrial(
  home: string,
  { name, parts, changes = 'shop' }: Pick<z.input<typeof trialSchema>, 'name' | 'parts' | 'changes'>,
): Trial {
  refuseRunningTrial(home);
  openHome(home);
  const trial: Trial = {
    name,
    parts,
    changes,
    beganMs: Date.now(),
    pid: process.pid,
    birth: inspectProcess(process.pid)?.birth ?? '',
  };
  // Never half-written: what is recorded here is what gets repaired.
  writeWhole(recordFile(home), JSON.stringify(trial), { mode: 0o600 });
  return trial;
}

/** Forgets the trial on record, or only `trial` if that is given. */
export function forgetTrial(home: string, trial?: Trial): void {
  if (trial === undefined || isOnRecord(home, trial)) rmSync(recordFile(home), { force: true });
}

export function trialRuns({ name, pid }: Trial): LabError {
  const end = name === 'drill' ? './vitrine drill done ends it' : 'Ctrl-C there ends it';
  return new LabError(`The ${name} is running (process ${pid}): ${end}.`);
}
