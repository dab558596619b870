import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const script = readFileSync(resolve(import.meta.dirname, '../../mysql/entrypoint.sh'), 'utf8');

/** Runs the script with folders of its own, in front of an image's entrypoint that prints its arguments. */
function runEntrypoint({ root = 'root', work = 'work', migrations = 'migrations' }) {
  const folder = temporaryFolder();
  const moved = script
    .replaceAll('/docker-entrypoint-initdb.d', folder)
    .replaceAll('/var/lib/mysql', join(folder, 'data'));
  writeFileSync(join(folder, 'entrypoint.sh'), moved);
  writeFileSync(join(folder, 'docker-entrypoint.sh'), '#!/bin/sh\necho "$*"\n', { mode: 0o755 });
  const env = {
    // biome-ignore lint/style/noProcessEnv: where bash is
    PATH: `${folder}:${process.env.PATH}`,
    MYSQL_ROOT_PASSWORD: root,
    SCHEMAS: `user_dbase user_service ${work} m\nsession_dbase frontend w ${migrations}`,
  };
  const { status, stdout, stderr } = spawnSync('bash', [join(folder, 'entrypoint.sh'), '--option'], {
    ...{ encoding: 'utf8', env },
  });
  const file = join(folder, 'accounts.sql');
  return { status, stdout, stderr, sql: existsSync(file) ? readFileSync(file, 'utf8') : undefined };
}

test('When passwords have every character that ./vitrine allows, then the accounts get them', () => {
  const codes = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
  const password = codes.filter((character) => !"'\\".includes(character)).join('');
  const { sql, ...outcome } = runEntrypoint({ root: password, work: password, migrations: password });
  expect(outcome).toEqual({ status: 0, stdout: 'mysqld --option\n', stderr: '' });
  for (const account of ["'root'@'localhost'", ...['root', 'user_service', 'frontend_migrations'].map(at)])
    expect(sql).toContain(`ALTER USER ${account} IDENTIFIED BY '${password}';\n`);
});

const at = (user: string) => `'${user}'@'%'`;

test.each(
  ['', 'a b', ' a', 'a ', 'a\tb', 'a\nb', 'a\n', "a'b", 'a\\', 'é'].flatMap((bad) =>
    (['root', 'work', 'migrations'] as const).map((which) => [which, bad] as const),
  ),
)('When the password %s is %j, then the database refuses to start and says why', (which, bad) => {
  expect(runEntrypoint({ [which]: bad })).toEqual({
    ...{ status: 1, stdout: '', sql: undefined },
    stderr: expect.stringMatching(
      /^A password of this database, in \.env or the Secret .* must be printable ASCII .*\n$/,
    ),
  });
});
