import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { poll } from './poll.ts';
import { inspectProcess } from './process-table.ts';

const ownerSchema = z.object({ pid: z.number(), birth: z.string(), command: z.string().default('') });

/** The process that holds a lock; `command` is its arguments. */
export type LockOwner = z.output<typeof ownerSchema>;

let callers = 0;

/**
 * Runs `work` while holding the lock in `folder`. When another process holds it, calls `onWait` with the owner, once,
 * and waits. The lock of a process that ended without releasing it is taken over.
 */
export async function underLock<Result>(
  folder: string,
  { onWait, signal }: { onWait: (owner: LockOwner) => void; signal: AbortSignal },
  work: () => Promise<Result>,
): Promise<Result> {
  const lock = join(folder, 'lock');
  callers += 1;
  const own = `${lock}.${process.pid}.${callers}`;
  const me: LockOwner = {
    pid: process.pid,
    birth: inspectProcess(process.pid)?.birth ?? '',
    command: process.argv.slice(2).join(' '),
  };
  writeFileSync(own, JSON.stringify(me));
  let hasReported = false;
  const tryToTake = () => {
    if (take(own, lock)) return true;
    const owner = readOwner(lock);
    if (owner === undefined) return undefined;
    if (inspectProcess(owner.pid)?.birth !== owner.birth) {
      removeAbandoned(lock, `${own}.abandoned`, owner);
    } else if (!hasReported) {
      onWait(owner);
      hasReported = true;
    }
    return undefined;
  };
  try {
    await poll(tryToTake, { intervalMs: 100, limitMs: Number.POSITIVE_INFINITY, signal });
  } finally {
    rmSync(own, { force: true });
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Tries to take the lock with link(2), which is atomic: the file is complete the moment it exists. */
function take(own: string, lock: string): boolean {
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** The lock's owner; undefined when the lock has gone. An unreadable lock counts as abandoned. */
function readOwner(lock: string): LockOwner | undefined {
  if (!existsSync(lock)) return undefined;
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(lock, 'utf8')));
  } catch {
    return { pid: 0, birth: 'never', command: '' };
  }
}

/** Removes an abandoned lock. Another process may have taken it over meanwhile; then its lock is put back. */
function removeAbandoned(lock: string, aside: string, owner: LockOwner): void {
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  const taken = readOwner(aside);
  if (taken?.pid !== owner.pid || taken.birth !== owner.birth) take(aside, lock);
  rmSync(aside, { force: true });
}
