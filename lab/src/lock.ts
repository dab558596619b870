import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { poll } from './poll.ts';
import { inspectProcess } from './process-table.ts';

const ownerSchema = z.object({ pid: z.number(), birth: z.string(), command: z.string().default('') });

/** Who has a lock; `command`: what it was called with. */
export type LockOwner = z.output<typeof ownerSchema>;

let callers = 0;

/**
 * Runs `work` while nobody else runs one under the lock in `folder`. Waits for its turn; `onWait` hears
 * whose it is. The lock of a process that ended without giving it back is taken over.
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
  let hasSaid = false;
  const tryToTake = () => {
    if (take(own, lock)) return true;
    const owner = readOwner(lock);
    if (owner === undefined) return undefined;
    if (inspectProcess(owner.pid)?.birth !== owner.birth) {
      removeAbandoned(lock, `${own}.abandoned`, owner);
    } else if (!hasSaid) {
      onWait(owner);
      hasSaid = true;
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

/** link(2) is atomic, and the file is complete the moment it is there. */
function take(own: string, lock: string): boolean {
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined when the lock has gone; a lock that cannot be read was nobody's. */
function readOwner(lock: string): LockOwner | undefined {
  if (!existsSync(lock)) return undefined;
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(lock, 'utf8')));
  } catch {
    return { pid: 0, birth: 'never', command: '' };
  }
}

/** Someone else may have been quicker, and the lock be alive again: then it is put back. */
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
