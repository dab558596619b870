import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
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
