import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { partProcess } from '../src/native/part-process.ts';
import type { Command } from '../src/native/recorded-process.ts';
import { inspectProcess } from '../src/process-table.ts';
import { temporaryFolder } from './temporary-folder.ts';

const sleep: Command = { program: '/bin/sleep', args: ['600'], directory: '/', environment: {} };

/** A part, and what a command that is called later would know of it. */
function newPart() {
  const folder = temporaryFolder();
  const folders = { run: join(folder, 'run'), logs: folder };
  mkdirSync(folders.run);
  const open = () => partProcess('frontend', folders);
  onTestFinished(async () => void (await open().stop()));
  return { folder, run: folders.run, open };
}

function pidOf({ readState }: Pick<ReturnType<typeof partProcess>, 'readState'>): number {
  const now = readState();
  if (now.state !== 'running') throw new Error(`The process is ${now.state}`);
  return now.process.pid;
}

const isRunning = (pid: number) => inspectProcess(pid) !== undefined;

test('When a successor takes over, then it is the process of the part, and how it ends is known', async () => {
  const { run, open } = newPart();
  await open().start(sleep);
  const old = pidOf(open());
  const part = open();
  const successor = pidOf(await part.startSuccessor(sleep));
  expect(pidOf(open())).toBe(old);
  await part.succeed();
  expect([old, successor].map(isRunning)).toEqual([false, true]);
  expect(pidOf(open())).toBe(successor);
  expect(readdirSync(run)).not.toContain('frontend.next.json');

  await open().kill();
  expect(open().readState()).toEqual({ state: 'ended', how: 'ended by SIGKILL' });
});

test.each(['stop', 'kill'] as const)(
  'When a killed command has left two processes, then %s ends both',
  async (action) => {
    const { open } = newPart();
    await open().start(sleep);
    const pids = [pidOf(open()), pidOf(await open().startSuccessor(sleep))];
    expect(pids.map(isRunning)).toEqual([true, true]);
    await open()[action]();
    expect(pids.map(isRunning)).toEqual([false, false]);
    expect(open().readState().state).toBe(action === 'stop' ? 'none' : 'ended');
  },
);

test('When a killed command has left two processes, then another successor takes the place of the younger', async () => {
  const { open } = newPart();
  await open().start(sleep);
  const [old, left] = [pidOf(open()), pidOf(await open().startSuccessor(sleep))];
  const part = open();
  const successor = pidOf(await part.startSuccessor(sleep));
  expect([old, left, successor].map(isRunning)).toEqual([true, false, true]);
  await part.succeed();
  expect(pidOf(open())).toBe(successor);
});

test('When a killed command has stopped the old process, then its successor is the process of the part', async () => {
  const { open } = newPart();
  await open().start(sleep);
  const old = pidOf(open());
  const left = pidOf(await open().startSuccessor(sleep));
  process.kill(old, 'SIGKILL');
  await expect.poll(() => pidOf(open())).toBe(left);

  const part = open();
  const successor = pidOf(await part.startSuccessor(sleep));
  expect([left, successor].map(isRunning)).toEqual([true, true]);
  await part.succeed();
  expect(isRunning(left)).toBe(false);
  expect(pidOf(open())).toBe(successor);
});

test('When a process cannot be recorded, then its program is not run', async () => {
  const { folder, run, open } = newPart();
  mkdirSync(join(run, 'frontend.json.new'));
  const trace = join(folder, 'trace');
  const command = { ...sleep, program: '/bin/touch', args: [trace] };
  await expect(open().start(command)).rejects.toThrow('EISDIR');
  await expect.poll(() => existsSync(join(run, 'frontend.exit'))).toBe(true);
  expect(existsSync(trace)).toBe(false);
});
