import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const root = resolve(import.meta.dirname, '../..');

test('When the only Node is too old, then the message says which it is', () => {
  const folder = temporaryFolder();
  for (const name of ['bin', 'scripts', 'node_modules']) mkdirSync(join(folder, name));
  cpSync(join(root, 'scripts/node.sh'), join(folder, 'scripts/node.sh'));
  for (const lock of ['package-lock.json', 'node_modules/.package-lock.json'])
    writeFileSync(join(folder, lock), '{}');
  writeFileSync(join(folder, 'bin/node'), '#!/bin/sh\necho v20.19.0\n');
  chmodSync(join(folder, 'bin/node'), 0o755);

  const { status, stderr } = spawnSync(join(folder, 'scripts/node.sh'), ['lab/src/cli.ts'], {
    ...{ encoding: 'utf8', env: { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` } },
  });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: 'Node 24 or newer is needed, and this machine has v20.19.0. See https://nodejs.org\n',
  });
});

test.each(['status', 'down'])('When ./vitrine %s is run on macOS, then it says what it needs', (command) => {
  const home = join(temporaryFolder(), 'home');
  const pretend = 'data:text/javascript,Object.defineProperty(process,"platform",{value:"darwin"})';
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', pretend, join(root, 'lab/src/cli.ts'), command],
    {
      ...{ encoding: 'utf8', env: { VITRINE_HOME: home, DOCKER_HOST: 'unix:///nowhere' } },
    },
  );
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr: 'The shop runs on Linux, and this is darwin: use a Linux machine, or a virtual one.\n',
  });
  expect(existsSync(home)).toBe(false);
});

test('When git is told to write CRLF, then a clone has the same files all the same', () => {
  const files = ['.gitattributes', 'vitrine', 'scripts/node.sh', 'package-lock.json', 'docs/shop.png'];
  files.push('mysql/entrypoint.sh', 'user-service/migrations/001.do.users.sql');
  const origin = temporaryFolder();
  const clone = join(temporaryFolder(), 'clone');
  for (const file of files) cpSync(join(root, file), join(origin, file));
  const git = (...args: readonly string[]) => {
    const { status, stderr } = spawnSync('git', args, { cwd: origin, encoding: 'utf8' });
    expect({ status, stderr }, args.join(' ')).toMatchObject({ status: 0 });
  };
  git('init', '--quiet');
  git('add', '.');
  git('-c', 'user.name=A', '-c', 'user.email=a@example.com', 'commit', '--quiet', '--message', 'All');
  git('-c', 'core.autocrlf=true', 'clone', '--quiet', '--config', 'core.autocrlf=true', origin, clone);
  for (const file of files)
    expect(readFileSync(join(clone, file)).equals(readFileSync(join(root, file))), file).toBe(true);
});
