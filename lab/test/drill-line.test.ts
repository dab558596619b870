import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readAnswer } from '../src/drill/answer.ts';
import { askHost, closeLine, openLine } from '../src/drill/line.ts';
import { beginTrial } from '../src/faults/trial.ts';
import { openHome } from '../src/home.ts';
import { LabError } from '../src/lab-error.ts';
import { temporaryFolder } from './temporary-folder.ts';

const { signal } = new AbortController();
const quiet = { report: () => {}, signal };

function aHome(name = 'home') {
  const home = join(temporaryFolder(), name);
  openHome(home);
  return home;
}

/** A host that notes answers, and ends with what was said before. */
async function openHost(home: string) {
  const server = await openLine(home, async (request, reply) => {
    if (request.do === 'done') throw new LabError('nobody knows how it ended');
    reply({ progress: 'listening …' });
    reply({ answer: `${readAnswer(request.answer, 1).length} named` });
  });
  onTestFinished(() => closeLine(home, server));
  return server;
}

test('When the home has a longer path than a socket can have, then host and command meet there, and nobody else', async () => {
  const home = aHome('long '.repeat(40));
  const before = process.cwd();
  const server = await openHost(home);
  const socket = join(home, 'run/drill.sock');
  expect(statSync(socket).mode & 0o777).toBe(0o600);

  const progress: string[] = [];
  const answer = { part: 'loki', cause: 'crashed' };
  const report = (line: string) => void progress.push(line);
  const reply = await askHost(home, { do: 'answer', answer }, { report, signal });
  expect({ reply, progress }).toEqual({ reply: { answer: '1 named' }, progress: ['listening …'] });

  closeLine(home, server);
  await expect.poll(() => existsSync(socket)).toBe(false);
  expect(process.cwd()).toBe(before);
});

test('When the host refuses an answer, then the command says why, and knows whose mistake it was', async () => {
  const home = aHome();
  await openHost(home);
  const wrong = askHost(home, { do: 'answer', answer: { part: 'mysql', cause: 'slow' } }, quiet);
  await expect(wrong).rejects.toMatchObject({ name: 'UsageError', message: /must be one of frontend/ });
  const failed = askHost(home, { do: 'done' }, quiet);
  await expect(failed).rejects.toMatchObject({ name: 'LabError', message: 'nobody knows how it ended' });
});

test.for<[string | undefined, RegExp]>([
  [undefined, /^No drill is running: \.\/vitrine drill begins one\.$/],
  ['drill', /^The drill is still being prepared: wait for its sheet\.$/],
  ['scenario crash', /^The scenario crash is running \(process \d+\): Ctrl-C there ends it\.$/],
  ['series of drills', /^The series of drills is running \(process \d+\): Ctrl-C there ends it\.$/],
])('When what is running is %s, then a command for a drill says so', async ([name, message]) => {
  const home = aHome();
  if (name) beginTrial(home, { name, parts: [] });
  await expect(askHost(home, { do: 'done' }, quiet)).rejects.toThrow(message);
});

test('When the command is interrupted while it waits, then it waits no longer', async () => {
  const home = aHome();
  const server = await openLine(home, () => new Promise(() => {}));
  onTestFinished(() => closeLine(home, server));
  const interruption = new AbortController();
  const asked = askHost(home, { do: 'done' }, { report: () => {}, signal: interruption.signal });
  await expect
    .poll(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count))))
    .toBe(1);
  interruption.abort();
  await expect(asked).rejects.toThrow('The drill has ended without a verdict');
});
