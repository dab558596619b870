import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished } from 'vitest';
import { drawSituation } from '../../src/drill/situation.ts';
import { poll } from '../../src/poll.ts';
import { inspectProcess } from '../../src/process-table.ts';
import { backendsOf } from './backends.ts';
import { everything, pidOf, readStatus } from './part-status.ts';
import { test } from './stack-test.ts';
import { root, type Site } from './start-stack.ts';

const examples = 'node examples/drill-solvers';
/** What each seed is, so that the tests below know what to expect. */
const seeds = { slow: 24, hanging: 9, nothing: 57, crashed: 58 };

const trialFile = ({ home }: Site) => join(home, 'run/trial.json');
const hostOf = (stack: Site): number => JSON.parse(readFileSync(trialFile(stack), 'utf8')).pid;

/** The text files that the shop has written to since then, or all that it has written. */
function writtenSince({ home }: Site, sinceMs: number): string {
  const files = ['run', 'logs'].flatMap((folder) =>
    readdirSync(join(home, folder)).map((name) => join(home, folder, name)),
  );
  const fresh = files.filter((file) => statSync(file).isFile() && statSync(file).mtimeMs >= sinceMs);
  return fresh.map((file) => `${file}\n${readFileSync(file, 'utf8')}`).join('\n');
}

/** Begins a drill, and resolves once its process has one, and `isReady`. */
async function begin(stack: Site, args: readonly string[], isReady = () => true) {
  const child = spawn(join(root, 'vitrine'), ['drill', '--fast', ...args], {
    ...{ env: stack.environment, stdio: ['ignore', 'ignore', 'pipe'] },
  });
  onTestFinished(() => void child.kill());
  const host = () => (existsSync(trialFile(stack)) && isReady() ? hostOf(stack) : undefined);
  const pid = await poll(host, { intervalMs: 50, limitMs: 60_000 });
  if (pid === undefined) throw new Error('the drill did not begin');
  return { child, pid, said: text(child.stderr), ended: once(child, 'close') };
}

test('When seeds are drawn, then they are what these tests are about', () => {
  const troubles = Object.values(seeds).map((seed) =>
    drawSituation({ seed, level: 1 }).troubles.map(({ part, cause }) => `${part} ${cause}`),
  );
  expect(troubles).toEqual([['product_dbase slow'], ['user-service hanging'], [], ['user_dbase crashed']]);
});

describe('When a drill is running', () => {
  test('and its process is killed, then nothing stays broken after the next status', async ({ stack }) => {
    const isPaused = () => inspectProcess(pidOf(stack, 'user-service'))?.isPaused === true;
    const { pid, said, ended } = await begin(stack, ['--seed', `${seeds.hanging}`], isPaused);
    process.kill(pid, 'SIGKILL');
    expect(await ended).toEqual([1, null]);
    expect(await said).toBe(
      'The drill has ended before its time. ./vitrine status puts right what it has left.\n',
    );
    const { status, states, stdout } = await readStatus(stack);
    expect(stdout).toContain('The drill ended without undoing what it had changed. It is undone now …');
    expect({ status, states }).toMatchObject({ status: 0, states: everything('ready') });
    expect(existsSync(trialFile(stack))).toBe(false);
    expect(await stack.vitrine('drill', 'done')).toMatchObject({
      ...{ status: 1, stderr: 'No drill is running: ./vitrine drill begins one.\n' },
    });
  });

  test('and the command that prepares it is interrupted, then it ends, and the shop is as before', async ({
    stack,
  }) => {
    const { child, pid, ended } = await begin(stack, []);
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    expect(inspectProcess(pid)).toBeUndefined();
    expect(existsSync(trialFile(stack))).toBe(false);
    expect(await readStatus(stack)).toMatchObject({ status: 0 });
  });

  test('then nothing tells the cause; and somebody finds, shows and repairs it for all points', async ({
    stack,
  }) => {
    // A test that failed leaves no drill behind.
    onTestFinished(async () => void (await stack.vitrine('drill', 'done')));
    const startMs = Date.now();
    const { status, stdout } = await stack.vitrine('drill', '--fast', '--json', '--seed', `${seeds.slow}`);
    expect(status).toBe(0);
    const sheet = JSON.parse(stdout);
    expect(sheet).toMatchObject({ level: 1, answers: { at_most: 1 } });
    expect(JSON.stringify({ ...sheet, answers: {} })).not.toMatch(/product_dbase|statement|seed/);

    const telling = /db_latency|latency_ms|error_rate|hidden|"seed"|fault (?:started|ended)/;
    expect(writtenSince(stack, startMs)).not.toMatch(telling);
    const host = hostOf(stack);
    for (const file of ['cmdline', 'environ'])
      expect(readFileSync(`/proc/${host}/${file}`, 'utf8')).not.toMatch(/product|seed|slow/);
    const { prometheus, loki, jaeger } = backendsOf(stack);
    const range = { startMs, endMs: Date.now(), limit: 10 };
    expect(await prometheus.query('max(vitrine_fault_active)')).toMatchObject([{ value: 0 }]);
    const lines = '{service_namespace="vitrine"} |~ `(?i)fault`';
    expect(await loki.queryRange(lines, { ...range, direction: 'backward' })).toEqual([]);
    const marked = { 'vitrine.fault.kind': 'db_latency' };
    expect(await jaeger.findTraces({ service: 'product-service', tags: marked, ...range })).toEqual([]);
    const FAULT_TOKEN = /^FAULT_TOKEN=(.+)$/m.exec(readFileSync(join(stack.home, '.env'), 'utf8'))?.[1];
    const answer = await fetch(`${stack.urls['product-service']}/internal/faults`, {
      headers: { authorization: `Bearer ${FAULT_TOKEN}` },
    });
    expect(await answer.json()).toEqual({ fault: null });

    const slow = { service: 'product-service', minDurationMs: 300, ...range };
    const [trace] = await jaeger.findTraces(slow);
    const findings = ['--part', 'product_dbase', '--cause', 'slow', '--evidence', `${trace?.traceId}`];
    expect(await stack.vitrine('drill', 'answer', ...findings)).toMatchObject({
      ...{ status: 0, stdout: expect.stringMatching(/^Noted: product_dbase slow\./) },
    });
    expect(await stack.vitrine('drill')).toMatchObject({
      ...{ status: 1, stderr: `The drill is running (process ${host}): ./vitrine drill done ends it.\n` },
    });
    expect(await stack.vitrine('restart', 'product_dbase')).toMatchObject({ status: 0 });

    const done = await stack.vitrine('drill', 'done');
    expect(done).toMatchObject({ status: 0, stderr: '' });
    expect(done.stdout).toContain('Solved: 100 of 100 points. Your answer: product_dbase slow.');
    expect(done.stdout).toMatch(/^Traces\n {2}[0-9a-f]{32} {2}\S+ \//m);
    const report = /^The post-mortem: (.*\.html)$/m.exec(done.stdout)?.[1];
    expect(readFileSync(`${report}`, 'utf8')).toContain('product_dbase was slow');
    expect(await readStatus(stack)).toMatchObject({ status: 0 });
    expect(inspectProcess(host)).toBeUndefined();
    expect(readdirSync(join(stack.home, 'run')).filter((file) => /trial|drill/.test(file))).toEqual([]);
  });
});

// Two drills in a row take two minutes, and longer while others use the machine.
test('When programs do a series, then the rules solve it, and each gets a line that says what it did', {
  timeout: 600_000,
}, async ({ stack }) => {
  const programs = [`${examples}/rules.mts`, 'echo product_dbase', 'exit 3'];
  const exec = programs.flatMap((program) => ['--exec', program]);
  const series = ['run', '--fast', '--seeds', `${seeds.nothing}-${seeds.crashed}`];
  const { status, stdout, stderr } = await stack.vitrine('drill', ...series, ...exec);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(
    /Seed 57: nothing was wrong\n.*rules\.mts +solved +85 of 85 +nothing is wrong\n.*not solved +0 of 85 +it printed no JSON: product_dbase\n.*exit 3 +not solved +0 of 85 +it ended with exit status 3\n/,
  );
  expect(stdout).toMatch(/Seed 58: .*\n.*rules\.mts +solved +\d+ of 85 +user_dbase crashed\n/);
  expect(stdout).toMatch(/\nprogram +solved +points\n.*rules\.mts +2 of 2 +100 % +\d+ %\n.*0 of 2 +0 %/);
  expect(await readStatus(stack)).toMatchObject({ status: 0 });
});
