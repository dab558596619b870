import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runProgram } from '../src/native/run-program.ts';
import { poll } from '../src/poll.ts';
import { temporaryFolder } from './temporary-folder.ts';

// biome-ignore lint/style/noProcessEnv: where bash is
const environment = { PATH: process.env.PATH ?? '' };

test('When the signal comes, then the program is asked to end, and its end is awaited', async () => {
  const directory = temporaryFolder();
  const interruption = new AbortController();
  const { signal } = interruption;
  const script = 'trap "sleep 0.3; touch ended; exit" TERM; touch begun; while :; do sleep 0.05; done';
  const run = runProgram('bash', ['-c', script], { directory, environment, signal });
  const hasBegun = () => existsSync(join(directory, 'begun')) || undefined;
  await poll(hasBegun, { intervalMs: 10, limitMs: 10_000 });
  interruption.abort(new Error('Interrupted.'));
  await expect(run).rejects.toThrow('Interrupted.');
  expect(existsSync(join(directory, 'ended'))).toBe(true);
});

test('When the signal came before, then nothing is run', async () => {
  const directory = temporaryFolder();
  const signal = AbortSignal.abort(new Error('Interrupted.'));
  const run = runProgram('bash', ['-c', 'touch begun'], { directory, environment, signal });
  await expect(run).rejects.toThrow('Interrupted.');
  expect(existsSync(join(directory, 'begun'))).toBe(false);
});

test('When a program writes to both streams, then what it wrote on stdout can be told from the rest', async () => {
  const options = { directory: '/', environment, signal: new AbortController().signal };
  expect(await runProgram('bash', ['-c', 'echo warning >&2; echo answer'], options)).toEqual({
    ...{ status: 0, stdout: 'answer', output: 'answer\nwarning' },
  });
});

test('When there is no such program, then the error says so', async () => {
  const options = { directory: '/', environment, signal: new AbortController().signal };
  await expect(runProgram('no-such-program', [], options)).rejects.toMatchObject({ code: 'ENOENT' });
});
