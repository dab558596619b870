import mysql from 'mysql2/promise';
import { test as base, expect, onTestFinished } from 'vitest';
import { freshDatabase, migrationAccountOf } from '../../test/database';
import { recordStatements } from '../../test/statements';
import { startTcpProxy } from '../../test/tcp-proxy';
import { createDatabase, type Database } from '../src/database';
import { startSweep } from '../src/sweep';
import { captureLog } from './captured-log';

const DELETE_EXPIRED = 'DELETE FROM things WHERE expires_at <= UTC_TIMESTAMP() ORDER BY expires_at LIMIT ?';

const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
  .extend('settings', { scope: 'file' }, async ({}) => {
    const settings = await freshDatabase('kit_dbase');
    const migrations = createDatabase({ ...settings, ...migrationAccountOf(settings) });
    await migrations.execute(
      'CREATE TABLE things (id INT AUTO_INCREMENT PRIMARY KEY, expires_at DATETIME NOT NULL, KEY (expires_at))',
    );
    await migrations.close();
    return settings;
  })
  .extend('things', async ({ settings }) => {
    const connection = await mysql.createConnection(settings);
    onTestFinished(() => connection.end());
    await connection.query('DELETE FROM things');
    const count = async (condition: string) => {
      const [[row]] = await connection.query<mysql.RowDataPacket[]>(
        `SELECT COUNT(*) AS count FROM things WHERE expires_at ${condition} UTC_TIMESTAMP()`,
      );
      return Number(row?.count);
    };
    return {
      add: (number: number, expiry: string) =>
        connection.query('INSERT INTO things (expires_at) VALUES ?', [
          Array.from({ length: number }, () => [mysql.raw(`UTC_TIMESTAMP() ${expiry}`)]),
        ]),
      expired: () => count('<='),
      valid: () => count('>'),
      /** Takes the lock that one replica at a time has. @returns whether it was free within ten seconds */
      async lock() {
        const [[row]] = await connection.query<mysql.RowDataPacket[]>(
          "SELECT GET_LOCK(CONCAT(DATABASE(), '.sweep'), 10) AS acquired",
        );
        return row?.acquired === 1;
      },
      unlock: () => connection.query("DO RELEASE_LOCK(CONCAT(DATABASE(), '.sweep'))"),
    };
  });

/** Opens the database as a service does, and records what it is asked. */
function replica(...[settings]: Parameters<typeof createDatabase>) {
  const database = recordStatements(createDatabase(settings));
  onTestFinished(() => database.close());
  return database;
}

function sweep(database: Database, { everyMs = 20, log = captureLog(), statements = [DELETE_EXPIRED] } = {}) {
  const stop = startSweep(database, statements, { logger: log.logger, everyMs });
  onTestFinished(stop);
  return log;
}

const deletes = ({ statements }: ReturnType<typeof replica>) =>
  statements.filter(({ sql }) => sql === DELETE_EXPIRED);
const tries = ({ statements }: ReturnType<typeof replica>) =>
  statements.filter(({ sql }) => sql.includes('GET_LOCK'));

test('When rows have expired, then they go at once in steps of 500, others stay, and the lock is free again', async ({
  settings,
  things,
}) => {
  await things.add(1200, '- INTERVAL 1 HOUR');
  await things.add(30, '+ INTERVAL 1 HOUR');
  const database = replica(settings);
  const log = sweep(database, { everyMs: 3_600_000 });
  await expect.poll(things.expired).toBe(0);
  expect(deletes(database).map(({ values }) => values)).toEqual([[500], [500], [500]]);
  expect(await things.valid()).toBe(30);
  expect(await things.lock()).toBe(true);
  expect(log.text()).toBe('');
});

test('When rows expire later, then they go too', async ({ settings, things }) => {
  const database = replica(settings);
  sweep(database);
  await expect.poll(() => deletes(database).length).toBeGreaterThan(0);
  await things.add(20, '- INTERVAL 1 SECOND');
  await expect.poll(things.expired).toBe(0);
});

test('When one replica is at it, then the others delete nothing and do not wait, and go on once it has ended', async ({
  settings,
  things,
}) => {
  await things.add(600, '- INTERVAL 1 HOUR');
  expect(await things.lock()).toBe(true);
  const replicas = [replica(settings), replica(settings)];
  for (const database of replicas) sweep(database);
  for (const database of replicas) await expect.poll(() => tries(database).length).toBeGreaterThan(3);
  expect(replicas.flatMap(deletes)).toEqual([]);
  expect(await things.expired()).toBe(600);
  await things.unlock();
  await expect.poll(things.expired).toBe(0);
});

test('When the database is away, then the log says so, and the sweep goes on once it is back', async ({
  settings,
  things,
}) => {
  const proxy = await startTcpProxy(settings);
  onTestFinished(() => proxy.close());
  await things.add(5, '- INTERVAL 1 HOUR');
  proxy.pretend('gone');
  const log = sweep(replica({ ...settings, port: proxy.port }));
  await expect
    .poll(() => log.lines())
    .toContainEqual(expect.objectContaining({ level: 'warn', msg: 'could not delete what has expired' }));
  proxy.pretend('there');
  await expect.poll(things.expired).toBe(0);
});

test('When one statement always fails, then the log says so, and the others delete all the same', async ({
  settings,
  things,
}) => {
  await things.add(700, '- INTERVAL 1 HOUR');
  const statements = ['DELETE FROM no_such_table LIMIT ?', DELETE_EXPIRED];
  const log = sweep(replica(settings), { everyMs: 3_600_000, statements });
  await expect.poll(things.expired).toBe(0);
  expect(log.lines()).toMatchObject([{ level: 'warn', msg: 'could not delete what has expired' }]);
});
