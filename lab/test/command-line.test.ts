import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openHome } from '../src/home.ts';
import { underLock } from '../src/lock.ts';
import { inspectProcess } from '../src/process-table.ts';
import { readShopRecord, recordShop } from '../src/shop-record.ts';
import { fakeDocker } from './fake-docker.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = resolve(import.meta.dirname, '../..');

test('When a signal comes while the commands are still being loaded, then nothing is begun, and it says so', () => {
  const home = join(temporaryFolder(), 'home');
  const interrupt = `data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) {
      if (url.endsWith('/session.ts')) process.kill(process.pid, 'SIGINT');
      return next(url, context);
    } });`)}`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', interrupt, join(root, 'lab/src/cli.ts'), 'up'],
    { encoding: 'utf8', env: { VITRINE_HOME: home, DOCKER_HOST: 'unix:///nowhere' } },
  );
  expect({ status, stdout, stderr }).toEqual({ status: 130, stdout: '', stderr: 'Interrupted.\n' });
  expect(existsSync(home)).toBe(false);
});

test('When it waits while the shop is being started natively, then it takes that shop down, though there is a Docker', async () => {
  const folder = temporaryFolder();
  const home = join(folder, 'home');
  openHome(home);
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'docker'), '#!/bin/sh\n', { mode: 0o755 });
  const part = spawn('sleep', ['60']);
  onTestFinished(() => void part.kill());
  const ended = once(part, 'exit');

  const waiting = { onWait: () => {}, signal: new AbortController().signal };
  const lines: string[] = [];
  let down: ReturnType<typeof spawn> | undefined;
  await underLock(home, waiting, async () => {
    down = spawn(process.execPath, [join(root, 'lab/src/cli.ts'), 'down'], {
      ...{ env: { VITRINE_HOME: home, PATH: bin }, stdio: ['ignore', 'pipe', 'inherit'] },
    });
    down.stdout?.on('data', (chunk) => lines.push(String(chunk)));
    await once(down.stdout ?? down, 'data');
    const { pid, birth } = inspectProcess(part.pid ?? 0) ?? {};
    const record = JSON.stringify({ pid, birth, startedAt: new Date() });
    writeFileSync(join(home, 'run/frontend.json'), record);
  });
  if (down) await once(down, 'close');
  expect(lines.join('')).toMatch(
    /^\.\/vitrine .*\(process \d+\) is at work: waiting for it\. Ctrl-C there ends it …\nStopped frontend\.\n$/,
  );
  expect(await ended).toEqual([null, 'SIGTERM']);
});

/** A home that remembers a native shop, and what `./vitrine` says there on a machine with `docker`. */
function nativeHome(docker: string) {
  const home = join(temporaryFolder(), 'home');
  recordShop(home, { mode: 'native', folder: home, ports: {}, variables: {} });
  const { PATH } = fakeDocker(`version*) echo 28 ;; ${docker}`);
  const env = { VITRINE_HOME: home, PATH, PORT_OFFSET: '21000' };
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [join(root, 'lab/src/cli.ts'), ...args], { encoding: 'utf8', env });
  return { home, run };
}

test('When a native shop is stopped, then status and logs are of it, though Docker can be used', () => {
  const { home, run } = nativeHome('*" logs "*) echo "frontend-1  | in Docker" ;;');
  writeFileSync(join(home, 'logs/frontend.log'), 'without Docker\n');
  expect(run('logs', 'frontend')).toMatchObject({ status: 0, stdout: 'without Docker\n', stderr: '' });
  expect(run('status').stdout).toMatch(/^console +stopped/m);
  expect(run('down')).toMatchObject({ status: 0, stdout: 'Nothing was running.\n' });
});

test('When a native shop is to be in Docker, then it says that data is separate, and a failure changes nothing', () => {
  const { home, run } = nativeHome('*" up "*) echo "no space left" >&2; exit 1 ;;');
  const { status, stdout, stderr } = run('up', '--docker');
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('no space left') });
  expect(stdout).toContain(
    'The two modes have separate data; ./start.sh --native opens that of the other again.',
  );
  expect(readShopRecord(home)).toMatchObject({ mode: 'native' });
});

test('When help is asked for, then it names the command as it is typed', () => {
  expect(spawnSync(join(root, 'start.sh'), ['--help'], { encoding: 'utf8' })).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^Usage: \.\/vitrine up /),
  });
});

test('When the version is asked for, then it is that of package.json', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(spawnSync(join(root, 'vitrine'), ['--version'], { encoding: 'utf8' })).toMatchObject({
    ...{ status: 0, stdout: `${version}\n` },
  });
});
