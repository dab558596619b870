import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, dirname, join } from 'node:path';
import mysql from 'mysql2/promise';
import { expect, onTestFinished, test } from 'vitest';
import { trialProcess } from '../../src/native/try-elsewhere.ts';
import { poll } from '../../src/poll.ts';
import { inspectProcess } from '../../src/process-table.ts';
import { everything, ours, pidOf, readStatus } from './part-status.ts';
import { prepareSite, root, runVitrine } from './start-stack.ts';

test('When two up are called at once and the shop goes down with parts paused, then nothing is left but the data', async () => {
  const site = await prepareSite();
  onTestFinished(site.stop);
  const both = await Promise.all([site.vitrine('up'), site.vitrine('up')]);
  expect(both.map(({ status }) => status)).toEqual([0, 0]);
  expect(both.filter(({ stdout }) => stdout.includes('running already'))).toHaveLength(1);
  const pids = ours.map((part) => pidOf(site, part));

  await site.vitrine('pause', 'frontend');
  await site.vitrine('pause', 'user_dbase');
  const down = await site.vitrine('down');
  expect(down).toMatchObject({ status: 0, stderr: '', stdout: `Stopped ${ours.join(', ')}.\n` });
  expect(pids.map(inspectProcess)).toEqual(pids.map(() => undefined));
  expect(await site.vitrine('down')).toMatchObject({ status: 0, stdout: 'Nothing was running.\n' });
  expect(await readStatus(site)).toMatchObject({ status: 1, states: everything('stopped') });
  expect(readdirSync(site.home).sort()).toEqual(['.env', 'data', 'logs', 'run', 'vitrine-home.txt']);

  const reset = await site.vitrine('down', '--reset');
  expect(reset.stdout).toContain(`Deleted ${join(site.home, 'data')}`);
  expect(readdirSync(site.home)).toEqual(['.env']);
});

test('When a part has written nothing yet, then logs says so', async () => {
  const site = await prepareSite();
  onTestFinished(site.stop);
  expect(await site.vitrine('logs', 'frontend')).toEqual({
    ...{
      status: 0,
      stdout: '',
      stderr: expect.stringMatching(/^frontend has no log: it was not started yet/m),
    },
  });
});

test('When a port is taken, then its owner is named and nothing is started', async () => {
  const site = await prepareSite();
  onTestFinished(site.stop);
  const intruder = createServer().listen(site.ports['order-service'], '127.0.0.1');
  onTestFinished(() => void intruder.close());
  await once(intruder, 'listening');

  const { status, stderr } = await site.vitrine('up');
  expect(status).toBe(1);
  expect(stderr).toContain(
    `Port ${site.ports['order-service']}, which order-service needs, is taken by process ${process.pid}: `,
  );
  expect(existsSync(join(site.home, 'run'))).toBe(false);
});

test.each([
  ['SIGHUP', 'user_dbase'],
  ['SIGTERM', 'frontend'],
  ['SIGINT', 'loki'],
] as const)(
  'When up gets %s while %s starts, then what it had started is stopped again',
  async (signal, next) => {
    const site = await prepareSite();
    onTestFinished(site.stop);
    const up = spawn(join(root, 'start.sh'), {
      env: site.environment,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const ended = once(up, 'close');
    const isUnderWay = () => existsSync(join(site.home, `run/${next}.json`)) || undefined;
    expect(await poll(isUnderWay, { intervalMs: 5, limitMs: 120_000 })).toBe(true);
    const started = readdirSync(join(site.home, 'run')).filter((file) => file.endsWith('.json'));
    const pids = started.map((file) => pidOf(site, basename(file, '.json')));
    up.kill(signal);
    expect(await ended).toEqual([130, null]);
    expect(pids.map(inspectProcess)).toEqual(pids.map(() => undefined));
    expect(await readStatus(site)).toMatchObject({ states: everything('stopped') });
  },
);

test('When Loki listens at another address than 127.0.0.1, then it keeps what it gets', async () => {
  const host = '127.0.0.2';
  const site = await prepareSite({ BIND_ADDRESS: host });
  onTestFinished(site.stop);
  expect(await site.vitrine('start', 'loki')).toMatchObject({ status: 0 });
  const loki = `http://${host}:${site.ports.loki}/loki/api/v1`;
  const now = `${Date.now()}000000`;
  const body = JSON.stringify({ streams: [{ stream: { service_name: 'x' }, values: [[now, 'kept']] }] });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${loki}/push`, { method: 'POST', headers, body });
  expect({ status: answer.status, text: await answer.text() }).toEqual({ status: 204, text: '' });
  const query = new URLSearchParams({ query: '{service_name="x"}' });
  expect(await (await fetch(`${loki}/query_range?${query}`)).text()).toContain('kept');
});

test('When a shop was started at another address, then its commands know that until it is stopped', async () => {
  const site = await prepareSite({ BIND_ADDRESS: '127.0.0.2' });
  onTestFinished(site.stop);
  expect(await site.vitrine('start', 'console')).toMatchObject({ status: 0 });
  const untold = { ...site.environment, BIND_ADDRESS: '', PORT_OFFSET: '' };
  const address = `http://127.0.0.2:${site.ports.console}`;
  const row = new RegExp(`^console +ready .* ${address}$`, 'm');
  expect((await runVitrine(untold, 'status')).stdout).toMatch(row);
  const pid = pidOf(site, 'console');
  expect(await runVitrine(untold, 'restart', 'console')).toMatchObject({ status: 0 });
  expect(pidOf(site, 'console')).not.toBe(pid);
  expect((await fetch(`${address}/healthz`)).status).toBe(200);
  expect(await runVitrine(untold, 'down')).toMatchObject({ status: 0, stdout: 'Stopped console.\n' });
  expect((await runVitrine(untold, 'status')).stdout).toMatch(/^console +stopped .*:5004$/m);
});

test('When a killed restart has left its trial, then a restart of another part leaves it alone, and down stops it', async () => {
  const site = await prepareSite();
  onTestFinished(site.stop);
  mkdirSync(join(site.home, 'logs/trial'), { recursive: true });
  writeFileSync(join(site.home, 'vitrine-home.txt'), '');
  const trial = trialProcess('order-service', site.home);
  onTestFinished(async () => void (await trial.stop()));
  await trial.start({ program: '/bin/sleep', args: ['600'], directory: '/', environment: {} });
  const state = trial.readState();
  if (state.state !== 'running') throw new Error(`The trial is ${state.state}`);

  expect(await site.vitrine('start', 'console')).toMatchObject({ status: 0 });
  expect(await site.vitrine('restart', 'console')).toMatchObject({ status: 0 });
  expect(trial.readState()).toMatchObject({ state: 'running' });
  expect(await site.vitrine('down', '--reset')).toMatchObject({ status: 0 });
  expect(inspectProcess(state.process.pid)).toBeUndefined();
});

test('When a part cannot start, then its last words are shown at once and nothing stays up', async () => {
  const site = await prepareSite();
  onTestFinished(site.stop);
  const data = join(site.home, 'data/order_dbase/data');
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, 'ibdata1'), 'not a datatest');
  writeFileSync(join(site.home, 'vitrine-home.txt'), '');

  const { status, stderr } = await site.vitrine('up');
  expect(status).toBe(1);
  expect(stderr).toContain('order_dbase ended with exit status 1 instead of getting ready.');
  expect(stderr).toContain('[ERROR]');
  expect(await readStatus(site)).toMatchObject({ states: everything('stopped') });
});

test('When a migration fails, then up quotes to its end which it was, why, and what to do', async () => {
  const password = 'secret-of-a-test';
  const site = await prepareSite({ ORDER_DB_MIGRATION_PASSWORD: password });
  onTestFinished(site.stop);
  expect(await site.vitrine('start', 'order_dbase')).toMatchObject({ status: 0 });
  const database = await mysql.createConnection({
    ...{ host: '127.0.0.1', port: site.ports.order_dbase, database: 'order_dbase' },
    ...{ user: 'order_service_migrations', password },
  });
  // The migration leaves an existing table alone, and then cannot refer to it.
  await database.query('CREATE TABLE orders (id BIGINT PRIMARY KEY)');
  await database.end();

  const { status, stderr } = await site.vitrine('up');
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^ {2}Cannot start: Migration 001\.do\.orders\.sql failed at statement 2 of 2 \(CREATE TABLE .*\): .*order_items.*, then mend the file and start the service again\.$/m,
  );
});

test('When the home holds what is not the shop’s, then nothing in it is touched', async () => {
  const site = await prepareSite();
  onTestFinished(() => rmSync(dirname(site.home), { recursive: true }));
  mkdirSync(join(site.home, 'data'), { recursive: true });
  writeFileSync(join(site.home, 'data/thesis.txt'), 'mine');
  for (const command of [['up'], ['down', '--reset']]) {
    const { status, stderr } = await site.vitrine(...command);
    expect(status).toBe(2);
    expect(stderr).toContain(`${join(site.home, 'data')} is not the shop's`);
  }
  expect(readdirSync(site.home)).toEqual(['data']);
});

test.each([
  [['start', 'no-such-part'], 'The parts are frontend, user-service'],
  [['no-such-command'], "unknown command 'no-such-command'"],
  [['logs', '--lines', 'x'], 'It must be a whole number'],
  [['up', '--docker'], 'Docker cannot be used: '],
  [['up', '--docker', '--native'], "cannot be used with option '--docker'"],
])('When it is asked wrongly (%j), then the exit status is 2 and it says how', async (args, message) => {
  const site = await prepareSite();
  onTestFinished(site.stop);
  const { status, stderr } = await site.vitrine(...args);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});
