import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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

/** Puts a lock into the folder as its owner would. */
function placeLock(folder: string, owner: string): void {
  mkdirSync(join(folder, 'lock'));
  writeFileSync(join(folder, 'lock', owner), 'up');
}

/**
 * A program that takes the lock three times, on a disk that is slow now and then, and writes down when it is inside.
 * When it is told to, it dies inside the second time.
 */
const slow = `
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  import { setTimeout as wait } from 'node:timers/promises';
  const { appendFileSync } = fs;
  const bell = new Int32Array(new SharedArrayBuffer(4));
  for (const step of ['linkSync', 'renameSync']) {
    const real = fs[step];
    fs[step] = (...args) => {
      if (Math.random() < 0.3) Atomics.wait(bell, 0, 0, 400);
      return real(...args);
    };
  }
  syncBuiltinESMExports();
  const { underLock } = await import(${JSON.stringify(join(import.meta.dirname, '../src/lock.ts'))});
  const [folder, diary, fate] = process.argv.slice(1);
  const note = (what) => appendFileSync(diary, process.pid + ' ' + what + '\\n');
  for (let turn = 1; turn <= 3; turn += 1) {
    await underLock(folder, { onWait() {}, signal: new AbortController().signal }, async () => {
      note('enters');
      await wait(100);
      note('leaves');
      if (fate === 'dies' && turn === 2) process.kill(process.pid, 'SIGKILL');
    });
  }`;

test('When many processes want the lock and some die with it, then no two are ever inside at once', async () => {
  const folder = temporaryFolder();
  const diary = join(temporaryFolder(), 'diary');
  const fates = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? 'dies' : 'lives'));
  const ends = fates.map((fate) => {
    const args = ['--input-type=module', '-e', slow, folder, diary, fate];
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    return new Promise((resolve) =>
      child.on('close', (status) => resolve(status === null ? 'dies' : 'lives')),
    );
  });
  expect(await Promise.all(ends)).toEqual(fates);
  const notes = readFileSync(diary, 'utf8').trim().split('\n');
  expect(notes).toHaveLength(2 * 6 * (2 + 3));
  for (const [index, text] of notes.entries()) {
    const [pid, what] = text.split(' ');
    if (what === 'enters')
      expect(notes[index + 1], notes.slice(index, index + 4).join('\n')).toBe(`${pid} leaves`);
  }
  await underLock(folder, quiet(), async () => {});
  expect(readdirSync(folder)).toEqual([]);
});

test('When an earlier version has left its lock, then it is in nobody’s way', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'lock'), '{}');
  expect(await underLock(folder, quiet(), async () => 'done')).toBe('done');
  expect(readdirSync(folder)).toEqual([]);
});

test('When processes come at once upon the lock of a dead one, then each has its turn, and none of it stays', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'counter'), '0');
  placeLock(folder, `${process.pid}.1.1`);
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
  placeLock(folder, `${process.ppid}.${inspectProcess(process.ppid)?.birth}.1`);
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
