import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { poll } from '../../src/poll.ts';
import { inspectProcess } from '../../src/process-table.ts';
import { everything, ours, pidOf, readStatus } from './part-status.ts';
import { test } from './stack-test.ts';
import { root, runVitrine } from './start-stack.ts';

describe('When the shop is open', () => {
  test('then status says that all is ready, and up changes nothing and says where it is', async ({
    stack,
  }) => {
    expect(await readStatus(stack)).toMatchObject({ status: 0, states: everything('ready') });
    const before = ours.map((part) => pidOf(stack, part));
    const record = () => readFileSync(join(stack.home, 'run/shop.json'), 'utf8');
    const recorded = record();
    const again = await runVitrine({ ...stack.environment, OTEL_TRACES_SAMPLER: 'nonsense' }, 'up');
    expect(again).toMatchObject({ status: 0, stderr: '' });
    expect(again.stdout).toContain('What runs keeps the settings that it was started with');
    expect(record()).toBe(recorded);
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
    const address = `${stack.urls['product-service']}/healthz`;
    await stack.vitrine('pause', 'product-service');
    expect((await readStatus(stack)).states['product-service']).toBe('paused');
    await expect(fetch(address, { signal: AbortSignal.timeout(500) })).rejects.toThrow('timeout');
    await stack.vitrine('resume', 'product-service');
    expect((await fetch(address)).status).toBe(200);
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

  test('and it is told to be elsewhere, then it says at once where it is, and nothing changes', async ({
    stack,
  }) => {
    const { PORT_OFFSET } = stack.environment;
    const elsewhere = { ...stack.environment, PORT_OFFSET: '1' };
    for (const command of ['status', 'up', 'down']) {
      expect(await runVitrine(elsewhere, command)).toEqual({
        ...{ status: 2, stdout: '' },
        stderr: expect.stringContaining(`The shop in ${stack.home} runs with PORT_OFFSET=${PORT_OFFSET}, `),
      });
    }
    for (const command of [['backends'], ['pipeline', 'check']]) {
      const answer = await runVitrine(elsewhere, ...command);
      expect(answer, command.join(' ')).toMatchObject({ status: 0, stderr: '' });
    }
    expect(await readStatus(stack)).toMatchObject({ status: 0, states: everything('ready') });
  });

  test('and it is not told where it is, then it knows, and parts start there again', async ({ stack }) => {
    const untold = { ...stack.environment, PORT_OFFSET: '' };
    expect((await runVitrine(untold, 'status')).status).toBe(0);
    expect(await runVitrine(untold, 'restart', 'product-service')).toMatchObject({ status: 0 });
    expect((await fetch(`${stack.urls['product-service']}/readyz`)).status).toBe(200);
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
    expect(await poll(isReady, { intervalMs: 100, limitMs: 60_000 })).toBe(true);
  });

  test('and a part is restarted, then it is another process', async ({ stack }) => {
    const pid = pidOf(stack, 'frontend');
    expect(await stack.vitrine('restart', 'frontend')).toMatchObject({ status: 0 });
    expect(pidOf(stack, 'frontend')).not.toBe(pid);
    expect(inspectProcess(pid)).toBeUndefined();
  });

  test('and a restart is killed while the old process and the new one both run, then the next one ends both', async ({
    stack,
  }) => {
    const next = join(stack.home, 'run/product-service.next.json');
    const restart = spawn(join(root, 'vitrine'), ['restart', 'product-service'], {
      ...{ env: stack.environment, stdio: 'ignore' },
    });
    const ended = once(restart, 'close');
    expect(await poll(() => existsSync(next) || undefined, { intervalMs: 5, limitMs: 60_000 })).toBe(true);
    restart.kill('SIGKILL');
    await ended;
    const pids = ['product-service', 'product-service.next'].map((record) => pidOf(stack, record));
    expect(inspectProcess(pids[0] ?? 0)).toBeDefined();
    expect(await readStatus(stack)).toMatchObject({ status: 0 });

    expect(await stack.vitrine('restart', 'product-service')).toMatchObject({ status: 0 });
    expect(pids.map(inspectProcess)).toEqual([undefined, undefined]);
    expect(existsSync(next)).toBe(false);
    expect((await fetch(`${stack.urls['product-service']}/readyz`)).status).toBe(200);
  });

  test('and a part that no longer compiles is restarted, then it runs on as it was', async ({ stack }) => {
    const pid = pidOf(stack, 'frontend');
    const envFile = join(stack.home, '.env');
    const settings = readFileSync(envFile, 'utf8');
    onTestFinished(() => writeFileSync(envFile, settings));
    // The compiler runs with this option, and cannot even begin.
    writeFileSync(envFile, `${settings}NODE_OPTIONS=--require=/nowhere.js\n`);
    const { status, stderr } = await stack.vitrine('restart', 'frontend');
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^The services do not compile:.*frontend runs as it did before\.\n$/s),
    });
    expect(pidOf(stack, 'frontend')).toBe(pid);
    expect(inspectProcess(pid)).toBeDefined();

    expect(await stack.vitrine('pause', 'frontend')).toMatchObject({ status: 0 });
    expect((await stack.vitrine('restart', 'frontend')).stderr).not.toContain('runs as it did before');
    expect(await stack.vitrine('resume', 'frontend')).toMatchObject({ status: 0 });
  });

  test('and a part is restarted that would refuse its settings, then it says which, and runs on as it was', async ({
    stack,
  }) => {
    const pid = pidOf(stack, 'order-service');
    const wrong = { ...stack.environment, OTEL_TRACES_SAMPLER: 'sometimes' };
    const { status, stderr } = await runVitrine(wrong, 'restart', 'order-service');
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(
        /OTEL_TRACES_SAMPLER is invalid: .*\nMigrations that it has already run stay in the database\.\n\norder-service runs as it did before\.\n$/s,
      ),
    });
    expect(pidOf(stack, 'order-service')).toBe(pid);
    expect((await fetch(`${stack.urls['order-service']}/readyz`)).status).toBe(200);
    expect(await stack.vitrine('restart', 'order-service')).toMatchObject({ status: 0 });
  });

  test('then its logs can be read, one part or all', async ({ stack }) => {
    const one = await stack.vitrine('logs', 'user_dbase', '--lines', '3');
    expect(one.stdout.trim().split('\n')).toHaveLength(3);
    const all = await stack.vitrine('logs', '-n', '1');
    const names = all.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    // A backend with nothing to warn of has an empty log.
    const isQuiet = (part: string) => ['otel-collector', 'jaeger', 'prometheus', 'loki'].includes(part);
    // A person sees the end of the output: the services, and last of all the frontend.
    expect(names).toEqual(ours.filter((part) => !isQuiet(part) || names.includes(part)).toReversed());
  });
});
