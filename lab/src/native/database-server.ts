import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import type { Account, Schema } from '../part.ts';
import { createDataDirectory, type DatabaseEngine, runAsArguments } from './database-engine.ts';

/**
 * One private database server on 127.0.0.1.
 * - `home`: its own folder, absolute; created when missing. The data is in `home`/data.
 * - `rootPassword`: lets root log in over TCP, from a database client or a test.
 */
export type DatabaseServer = {
  home: string;
  port: number;
  rootPassword: string;
  schemas: readonly Schema[];
};

/**
 * Creates the data directory at the first start. Writes the statements that the server runs before it takes a
 * connection: schemas, and accounts with the present passwords and rights, so that a changed secret locks nobody out.
 */
export async function prepareDatabaseServer(
  engine: DatabaseEngine,
  server: DatabaseServer,
  signal?: AbortSignal,
): Promise<void> {
  const { directory, scratch, accounts } = pathsOf(server);
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  if (!existsSync(directory)) await createDataDirectory(engine, { directory, scratch }, signal);
  await rm(accounts, { force: true });
  await writeFile(accounts, statements(server).join('\n'), { mode: 0o600 });
}

/** Deletes the statements of `prepareDatabaseServer` once they have run, since they hold the passwords. */
export async function deleteAccountStatements(server: DatabaseServer): Promise<void> {
  await rm(pathsOf(server).accounts, { force: true });
}

/** The command that runs a prepared server in the foreground, logging on stderr. SIGTERM ends it. */
export function databaseServerCommand(
  engine: DatabaseEngine,
  server: DatabaseServer,
): { program: string; args: string[] } {
  const { directory, scratch, accounts } = pathsOf(server);
  // By default MariaDB prepares a cache of 128 MB for tables of Aria, which only large temporary ones are, and MySQL
  // takes 24 MB to write 128 pages twice at a time.
  const own =
    engine.kind === 'mariadb'
      ? ['--innodb-log-file-size=16M', '--aria-pagecache-buffer-size=1M']
      : ['--innodb-redo-log-capacity=16M', '--innodb-doublewrite-pages=4', '--mysqlx=OFF'];
  return {
    program: engine.path,
    args: [
      '--no-defaults',
      ...runAsArguments(),
      `--datadir=${directory}`,
      `--tmpdir=${scratch}`,
      // MySQL does not start when the default folder of this option is missing.
      `--secure-file-priv=${scratch}`,
      // The path is relative to the data directory, since a socket's path may have 107 bytes at most.
      '--socket=database.sock',
      '--pid-file=database.pid',
      '--bind-address=127.0.0.1',
      `--port=${server.port}`,
      '--skip-name-resolve',
      `--init-file=${accounts}`,
      '--character-set-server=utf8mb4',
      '--collation-server=utf8mb4_unicode_520_ci',
      '--innodb-buffer-pool-size=32M',
      '--innodb-log-buffer-size=2M',
      // There are no tables of MyISAM.
      '--key-buffer-size=0',
      ...own,
      '--skip-log-bin',
      '--performance-schema=OFF',
      // A commit survives the death of the process, not of the machine; this saves an fsync for each commit.
      '--innodb-flush-log-at-trx-commit=2',
    ],
  };
}

/**
 * The statements, one a line, that make a schema and its accounts, or give the accounts of an older schema these
 * passwords and rights.
 */
export function schemaStatements({ name, user, password, migrations }: Schema): string[] {
  // An unescaped underscore matches any character.
  const all = `${mysql.escapeId(name.replaceAll('_', '\\_'))}.*`;
  const [atWork, atStart] = [user, migrations.user].map((one) => `${mysql.escape(one)}@'127.0.0.1'`);
  return [
    `CREATE DATABASE IF NOT EXISTS ${mysql.escapeId(name)};`,
    ...accountStatements({ user, password }),
    // Earlier versions had one account, with all rights.
    `REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${atWork};`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${all} TO ${atWork};`,
    ...accountStatements(migrations),
    `GRANT ALL ON ${all} TO ${atStart};`,
  ];
}

/** Logs in over TCP as every account; throws the first refusal. */
export async function checkDatabaseServer(server: DatabaseServer, timeoutMs: number): Promise<void> {
  const root = { database: 'mysql', user: 'root', password: server.rootPassword };
  const accounts = server.schemas.flatMap(({ name: database, user, password, migrations }) => [
    { database, user, password },
    { database, ...migrations },
  ]);
  for (const account of [root, ...accounts]) {
    const connection = await mysql.createConnection({
      ...{ host: '127.0.0.1', port: server.port, connectTimeout: timeoutMs },
      ...account,
    });
    await connection.end();
  }
}

function pathsOf({ home }: DatabaseServer) {
  return { directory: join(home, 'data'), scratch: join(home, 'tmp'), accounts: join(home, 'accounts.sql') };
}

function statements({ rootPassword, schemas }: DatabaseServer): string[] {
  return [
    `ALTER USER 'root'@'localhost' IDENTIFIED BY ${mysql.escape(rootPassword)};`,
    ...accountStatements({ user: 'root', password: rootPassword }),
    "GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;",
    ...schemas.flatMap(schemaStatements),
  ];
}

function accountStatements({ user, password }: Account): string[] {
  const account = `${mysql.escape(user)}@'127.0.0.1' IDENTIFIED BY ${mysql.escape(password)};`;
  return [`CREATE USER IF NOT EXISTS ${account}`, `ALTER USER ${account}`];
}
