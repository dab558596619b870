import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { test as base, describe, expect, onTestFinished } from 'vitest';
import { findGrafana } from '../../src/native/grafana.ts';
import { partNames } from '../../src/part-names.ts';
import { poll } from '../../src/poll.ts';
import { inspectProcess } from '../../src/process-table.ts';
import { test } from './stack-test.ts';
import { prepareSite, root, type Site } from './start-stack.ts';

/** State and detail of each part, as `./vitrine status` tells them, with its exit status. */
async function readStatus(site: Site) {
  const { status, stdout } = await site.vitrine('status');
  const rows = stdout.trim().split('\n').slice(1);
  const parts = rows.map((row) => row.split(/\s{2,}/));
  return { status, states: Object.fromEntries(parts.map(([part, state]) => [part, state])), stdout };
}

function pidOf(site: Site, part: string): number {
  return JSON.parse(readFileSync(join(site.home, 'run', `${part}.json`), 'utf8')).pid;
}

// Grafana is a part only where it is installed.
// biome-ignore lint/style/noProcessEnv: the PATH that ./vitrine is run with
const hasGrafana = findGrafana(process.env.PATH ?? '') !== undefined;
const ours = partNames.filter((part) => part !== 'grafana' || hasGrafana);
const everything = (state: string) => Object.fromEntries(ours.map((part) => [part, state]));

describe('When the shop is open', () => {
  test('then status says that all is ready, and up changes nothing and says where it is', async ({
    stack,
  }) => {
    expect(await readStatus(stack)).toMatchObject({ status: 0, states: everything('ready') });
    const before = ours.map((part) => pidOf(stack, part));
    const again = await stack.vitrine('up');
    expect(again).toMatchObject({ status: 0, stderr: '' });
    expect(again.stdout).toContain('Everything was running already.');
    expect(again.stdout).toContain(stack.urls.frontend);
    expect(again.stdout).toContain('admin / admin123');
    expect(ours.map((part) => pidOf(stack, part))).toEqual(before);
  });

  test('then its secrets are for its owner only, and no password lies about in clear', async ({ stack }) => {
    expect(statSync(join(stack.home, '.env')).mode & 0o777).toBe(0o600);
    expect(statSync(stack.home).mode & 0o777).toBe(0o700);
    for (const part of ['user_dbase', 'product_dbase', 'order_dbase']) {
      expect(readdirSync(join(stack.home, 'data', part)).sort()).toEqual(['data', 'tmp']);
    }
  });

  test('and a part is killed, then status says so, it stays down, and up brings it back', async ({
    stack,
  }) => {
    const pid = pidOf(stack, 'product-service');
    expect(await stack.vitrine('kill', 'product-service')).toMatchObject({ status: 0 });
    expect(inspectProcess(pid)).toBeUndefined();
    const { status, states, stdout } = await readStatus(stack);
    expect({ status, state: states['product-service'] }).toEqual({ status: 1, state: 'ended' });
    expect(stdout).toContain('ended by SIGKILL');

    const up = await stack.vitrine('up');
    expect(up.stdout).toContain('product-service is ready');
    expect(up.stdout).not.toContain('order-service is ready');
    expect(await readStatus(stack)).toMatchObject({ status: 0 });
  });

  test('and a service is paused, then it answers nothing until it is resumed', async ({ stack }) => {
    const ask = () => fetch(`${stack.urls['product-service']}/healthz`, { signal: AbortSignal.timeout(500) });
    await stack.vitrine('pause', 'product-service');
    expect((await readStatus(stack)).states['product-service']).toBe('paused');
    await expect(ask()).rejects.toThrow('timeout');
    await stack.vitrine('resume', 'product-service');
    expect((await ask()).status).toBe(200);
    expect(await stack.vitrine('resume', 'product-service')).toEqual({
      ...{ status: 1, stdout: '', stderr: 'product-service was not paused.\n' },
    });
  });

  test('and a paused part is started, then it says that it goes on', async ({ stack }) => {
    await stack.vitrine('pause', 'product-service');
    expect(await stack.vitrine('start', 'product-service')).toEqual({
      ...{ status: 0, stderr: '' },
      stdout: 'product-service was paused and is resumed.\nproduct-service is ready.\n',
    });
  });

  test('and it is asked with other ports, then it says at once which are right, and nothing changes', async ({
    stack,
  }) => {
    const { PORT_OFFSET } = stack.environment;
    const others = { ...stack.environment, PORT_OFFSET: '' };
    for (const command of ['status', 'up', 'down']) {
      const answer = spawnSync(join(root, 'vitrine'), [command], { encoding: 'utf8', env: others });
      expect(answer).toMatchObject({ status: 2, stdout: '' });
      expect(answer.stderr).toContain(`The shop in ${stack.home} runs with PORT_OFFSET=${PORT_OFFSET}: `);
    }
    for (const command of [['backends'], ['pipeline', 'check']]) {
      const answer = spawnSync(join(root, 'vitrine'), command, { encoding: 'utf8', env: others });
      expect(answer, command.join(' ')).toMatchObject({ status: 0, stderr: '' });
    }
    expect(await readStatus(stack)).toMatchObject({ status: 0, states: everything('ready') });
  });

  test('and a database is stopped, then its service says what it lacks, and recovers', async ({ stack }) => {
    await stack.vitrine('stop', 'order_dbase');
    const { states, stdout } = await readStatus(stack);
    expect(states).toMatchObject({ order_dbase: 'stopped', 'order-service': 'not ready' });
    expect(stdout).toContain('order_dbase is unavailable');
    for (const action of ['pause', 'resume', 'kill', 'stop']) {
      expect(await stack.vitrine(action, 'order_dbase')).toMatchObject({
        status: 1,
        stderr: 'order_dbase is not running; ./vitrine start order_dbase starts it.\n',
      });
    }
    for (const action of ['start', 'restart']) {
      const { stderr } = await stack.vitrine(action, 'order-service');
      expect(stderr).toBe(
        'order_dbase is not running, and order-service cannot start without it: ./vitrine start order_dbase\n',
      );
    }
    expect(await stack.vitrine('start', 'order_dbase')).toMatchObject({ status: 0 });
    const isReady = async () => (await readStatus(stack)).status === 0 || undefined;
    expect(await poll(isReady, { intervalMs: 100, limitMs: 20_000 })).toBe(true);
  });

  test('and a part is restarted, then it is another process', async ({ stack }) => {
    const pid = pidOf(stack, 'frontend');
    expect(await stack.vitrine('restart', 'frontend')).toMatchObject({ status: 0 });
    expect(pidOf(stack, 'frontend')).not.toBe(pid);
    expect(inspectProcess(pid)).toBeUndefined();
  });

  test('and a part that no longer compiles is restarted, then it runs on as it was', async ({ stack }) => {
    const pid = pidOf(stack, 'frontend');
    const envFile = join(stack.home, '.env');
    const settings = readFileSync(envFile, 'utf8');
    onTestFinished(() => writeFileSync(envFile, settings));
    // The compiler is run with it, and cannot even begin.
    writeFileSync(envFile, `${settings}NODE_OPTIONS=--require=/nowhere.js\n`);
    const { status, stderr } = await stack.vitrine('restart', 'frontend');
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining('The services do not compile:'),
    });
    expect(pidOf(stack, 'frontend')).toBe(pid);
    expect(inspectProcess(pid)).toBeDefined();
  });

  test('then its logs can be read, one part or all', async ({ stack }) => {
    const one = await stack.vitrine('logs', 'user_dbase', '--lines', '3');
    expect(one.stdout.trim().split('\n')).toHaveLength(3);
    const all = await stack.vitrine('logs', '-n', '1');
    const names = all.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    // A backend that has nothing to warn of has written nothing.
    const isQuiet = (part: string) => ['otel-collector', 'jaeger', 'prometheus', 'loki'].includes(part);
    // The end is what is seen: the services, and last of all the frontend.
    expect(names).toEqual(ours.filter((part) => !isQuiet(part) || names.includes(part)).toReversed());
  });
});

base(
  'When two up are called at once and the shop goes down with parts paused, then nothing is left but the data',
  async () => {
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
  },
);

base('When a part has written nothing yet, then logs says so', async () => {
  const site = await prepareSite();
  onTestFinished(site.stop);
  expect(await site.vitrine('logs', 'frontend')).toEqual({
    ...{ status: 0, stdout: '', stderr: expect.stringMatching(/^frontend has no log yet\.$/m) },
  });
});

base('When a port is taken, then its owner is named and nothing is started', async () => {
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

// The databases are up by then and the services on their way, or these are and the backends are.
base.each([
  ['SIGINT', '_dbase is ready', 'frontend'],
  ['SIGTERM', '_dbase is ready', 'frontend'],
  ['SIGHUP', '_dbase is ready', 'frontend'],
  ['SIGINT', 'The shop is open', 'loki'],
] as const)(
  'When up gets %s half-way (%s), then what it had started is stopped again',
  async (signal, line, next) => {
    const site = await prepareSite();
    onTestFinished(site.stop);
    const up = spawn(join(root, 'start.sh'), { env: site.environment, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(up, 'close');
    for await (const chunk of up.stdout) if (String(chunk).includes(line)) break;
    const isUnderWay = () => existsSync(join(site.home, `run/${next}.json`)) || undefined;
    expect(await poll(isUnderWay, { intervalMs: 5, limitMs: 30_000 })).toBe(true);
    const pids = [next, 'frontend', 'user_dbase'].map((part) => pidOf(site, part));
    up.kill(signal);
    expect(await ended).toEqual([130, null]);
    expect(pids.map(inspectProcess)).toEqual(pids.map(() => undefined));
    expect(await readStatus(site)).toMatchObject({ states: everything('stopped') });
  },
);

base('When Loki listens at another address than 127.0.0.1, then it keeps what it gets', async () => {
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

base('When a part cannot start, then its last words are shown at once and nothing stays up', async () => {
  const site = await prepareSite();
  onTestFinished(site.stop);
  const data = join(site.home, 'data/order_dbase/data');
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, 'ibdata1'), 'not a database');
  writeFileSync(join(site.home, 'vitrine-home.txt'), '');

  const { status, stderr } = await site.vitrine('up');
  expect(status).toBe(1);
  expect(stderr).toContain('order_dbase ended with exit status 1 instead of getting ready.');
  expect(stderr).toContain('[ERROR]');
  expect(await readStatus(site)).toMatchObject({ states: everything('stopped') });
});

base('When the home holds what is not the shop’s, then nothing in it is touched', async () => {
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

base.each([
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
