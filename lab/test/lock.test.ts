import { spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type LockOwner, underLock } from '../src/lock.ts';
import { inspectProcess } from '../src/process-table.ts';
import { temporaryFolder } from './temporary-folder.ts';

const quiet = () => ({ onWait: () => {}, signal: new AbortController().signal });

/** A program that takes the lock, adds one to a counter file the slow way, and gives the lock back. */
const counting = `
  import { readFileSync, writeFileSync } from 'node:fs';
  import { setTimeout as wait } from 'node:timers/promises';
  import { underLock } from ${JSON.stringify(join(import.meta.dirname, '../src/lock.ts'))};
  const [folder] = process.argv.slice(1);
  const counter = folder + '/counter';
  await underLock(folder, { onWait() {}, signal: new AbortController().signal }, async () => {
    const before = Number(readFileSync(counter, 'utf8'));
    await wait(20);
    writeFileSync(counter, String(before + 1));
  });`;

test('When processes come at once upon the lock of a dead one, then each has its turn, and none of it stays', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'counter'), '0');
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.pid, birth: 'long ago' }));
  const ends = Array.from({ length: 5 }, () => {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', counting, folder], {
      stdio: 'inherit',
    });
    return new Promise((resolve) => child.on('close', resolve));
  });
  expect(await Promise.all(ends)).toEqual([0, 0, 0, 0, 0]);
  await underLock(folder, quiet(), async () => {
    expect(readdirSync(folder).sort()).toEqual(['counter', 'lock']);
  });
  expect(readdirSync(folder)).toEqual(['counter']);
});

test('When the owner lives, then who waits hears its process id once, and can give up', async () => {
  const folder = temporaryFolder();
  const owner = inspectProcess(process.ppid);
  writeFileSync(join(folder, 'lock'), JSON.stringify(owner));
  const heard: number[] = [];
  const patience = new AbortController();
  const onWait = ({ pid }: LockOwner) => {
    heard.push(pid);
    // The lock is looked at several times more until then.
    setTimeout(() => patience.abort(), 350);
  };
  const waiting = underLock(folder, { onWait, signal: patience.signal }, async () => 'never');
  await expect(waiting).rejects.toThrow();
  expect(heard).toEqual([process.ppid]);
  expect(readdirSync(folder)).toEqual(['lock']);
});

test('When two calls of one process meet, then each has its turn', async () => {
  const folder = temporaryFolder();
  const turns: string[] = [];
  const call = (name: string) =>
    underLock(folder, quiet(), async () => {
      turns.push(`${name} begins`);
      await setImmediate();
      turns.push(`${name} ends`);
    });
  await Promise.all([call('one'), call('two')]);
  expect(turns).toEqual(['one begins', 'one ends', 'two begins', 'two ends']);
  expect(readdirSync(folder)).toEqual([]);
});

test('When the work fails, then the lock is given back', async () => {
  const folder = temporaryFolder();
  await expect(underLock(folder, quiet(), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(readdirSync(folder)).toEqual([]);
});
