import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { poll } from './poll.ts';
import { inspectProcess } from './process-table.ts';

/** The process that holds a lock; `command` is its arguments. */
export type LockOwner = { pid: number; birth: string; command: string };

let callers = 0;

/**
 * Runs `work` while holding the lock in `folder`. When another process holds it, calls `onWait` with the owner, once,
 * and waits. The lock of a process that ended without releasing it is taken over.
 *
 * The lock is a folder with one file, which is named after its owner; no name is ever used twice. Each step is one
 * rename(2), which only one process can succeed with: a free lock is taken by moving a folder to its place, which fails
 * while that holds a file; an abandoned one by renaming the file of its dead owner, which fails once another has.
 */
export async function underLock<Result>(
  folder: string,
  { onWait, signal }: { onWait: (owner: LockOwner) => void; signal: AbortSignal },
  work: () => Promise<Result>,
): Promise<Result> {
  const lock = join(folder, 'lock');
  callers += 1;
  const me = `${process.pid}.${inspectProcess(process.pid)?.birth ?? ''}.${callers}`;
  const command = process.argv.slice(2).join(' ');
  const draft = `${lock}.${me}`;
  mkdirSync(draft);
  writeFileSync(join(draft, me), command);
  let hasReported = false;
  const tryToTake = () => {
    if (succeeds(() => renameSync(draft, lock), ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'])) return true;
    const owner = readOwner(lock);
    if (owner === undefined) return undefined;
    if (inspectProcess(owner.pid)?.birth !== owner.birth) {
      if (!succeeds(() => renameSync(join(lock, owner.file), join(lock, me)), ['ENOENT'])) return undefined;
      writeFileSync(join(lock, me), command);
      return true;
    }
    if (!hasReported) onWait({ pid: owner.pid, birth: owner.birth, command: readCommand(lock, owner.file) });
    hasReported = true;
    return undefined;
  };
  try {
    await poll(tryToTake, { intervalMs: 100, limitMs: Number.POSITIVE_INFINITY, signal });
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  try {
    return await work();
  } finally {
    rmSync(join(lock, me), { force: true });
    // The next owner may have put its folder in the place of the empty one already.
    succeeds(() => rmdirSync(lock), ['ENOTEMPTY', 'EEXIST', 'ENOENT']);
  }
}

/** The process that holds the lock in `folder`; undefined when none does. */
export function lockOwner(folder: string): LockOwner | undefined {
  const lock = join(folder, 'lock');
  const owner = readOwner(lock);
  if (owner === undefined || inspectProcess(owner.pid)?.birth !== owner.birth) return undefined;
  return { pid: owner.pid, birth: owner.birth, command: readCommand(lock, owner.file) };
}

/** Calls `step`; false when it fails with one of `codes`. */
function succeeds(step: () => void, codes: readonly string[]): boolean {
  try {
    step();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && codes.includes(String(error.code))) return false;
    throw error;
  }
}

/** The lock's owner; undefined when the lock is free. A file with another name counts as that of a dead process. */
function readOwner(lock: string): { file: string; pid: number; birth: string } | undefined {
  // Earlier versions locked by a file, and unlink(2) refuses a folder.
  succeeds(() => unlinkSync(lock), ['ENOENT', 'EISDIR', 'EPERM']);
  const files: string[] = [];
  succeeds(() => files.push(...readdirSync(lock)), ['ENOENT']);
  const [file] = files;
  if (file === undefined) return undefined;
  const [, pid = '0', birth = 'never'] = /^(\d+)\.(\d*)\.\d+$/.exec(file) ?? [];
  return { file, pid: Number(pid), birth };
}

function readCommand(lock: string, file: string): string {
  try {
    return readFileSync(join(lock, file), 'utf8');
  } catch {
    return '';
  }
}
