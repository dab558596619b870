import { test as base, describe, expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { freshDatabase, migrationAccountOf } from '../../test/database';
import { startTcpProxy } from '../../test/tcp-proxy';
import { createDatabase, type Database } from '../src/database';
import { isCheckViolation, violatedUniqueKey } from '../src/database-error';

// biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
const test = base.extend('store', { scope: 'file' }, async ({}, { onCleanup }) => {
  const settings = await freshDatabase('kit_dbase');
  const proxy = await startTcpProxy(settings);
  const database = createDatabase({ ...settings, port: proxy.port });
  const bystander = createDatabase(settings);
  const migrations = createDatabase({ ...settings, ...migrationAccountOf(settings) });
  await migrations.execute(
    `CREATE TABLE things (
       id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
       name VARCHAR(100) NOT NULL,
       qty INT NOT NULL DEFAULT 0,
       CONSTRAINT things_name UNIQUE (name),
       CONSTRAINT things_qty CHECK (qty >= 0)
     ) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci`,
  );
  await migrations.close();
  onCleanup(async () => {
    await Promise.all([database.close(), bystander.close()]);
    await proxy.close();
  });
  return {
    database,
    bystander,
    proxy,
    settings,
    unavailable: { status: 503, message: `${settings.database} is not available` },
  };
});

const rows = z.array(z.object({ Variable_name: z.string(), Value: z.string() }));
const LATE = { timeout: 10_000 };
/** A statement may take a second; two waits in a row would take longer than this. */
const IN_TIME_MS = 1900;

describe('When a statement succeeds', () => {
  test('then it returns rows and counts, in UTF-8 and with any characters in the values', async ({
    store,
  }) => {
    const name = `'; DROP TABLE things; -- 😀`;
    const { insertId, affectedRows } = await store.database.execute('INSERT INTO things (name) VALUES (?)', [
      name,
    ]);
    expect(affectedRows).toBe(1);
    const select = 'SELECT name, qty FROM things WHERE id = ?';
    expect(await store.database.query(select, [insertId])).toEqual([{ name, qty: 0 }]);
    const update = 'UPDATE things SET qty = 0 WHERE id = ?';
    expect(await store.database.execute(update, [insertId])).toMatchObject({ affectedRows: 1 });
    expect(await store.database.execute(update, [4_000_000_000])).toMatchObject({ affectedRows: 0 });
  });
});

test('When a connection has had many different statements, then it keeps some hundred of them prepared', async ({
  store,
}) => {
  const database = createDatabase(store.settings, { deadlineMs: 15_000 });
  onTestFinished(() => database.close());
  const held = await database.transaction(async (connection) => {
    for (let column = 0; column < 150; column += 1) await connection.query(`SELECT 1 AS c${column}`);
    const status = rows.parse(await connection.query("SHOW SESSION STATUS LIKE 'Com_stmt_%'"));
    const count = (name: string) => Number(status.find(({ Variable_name }) => Variable_name === name)?.Value);
    return count('Com_stmt_prepare') - count('Com_stmt_close');
  });
  expect(held).toBeLessThan(110);
});

test('When the server can prepare no more statements, then the caller gets 503', async ({ store }) => {
  const refused = store.database.query("SIGNAL SQLSTATE '42000' SET MYSQL_ERRNO = 1461");
  await expect(refused).rejects.toMatchObject(store.unavailable);
});

describe('When a statement violates a constraint', () => {
  test.for(['lamp', "lamp' for key 'other", "' for key 'a.b'", "it's", 'a.b', '"', '\\'])(
    'by the duplicate name %j, then the key is named',
    async (name, { store }) => {
      const insert = () => store.database.execute('INSERT INTO things (name) VALUES (?)', [name]);
      await insert();
      expect(violatedUniqueKey(await insert().catch((error) => error))).toBe('things_name');
    },
  );

  test('of the primary key, then the key is named', async ({ store }) => {
    const error = await store.database
      .execute("INSERT INTO things (id, name) VALUES (7000, 'a7'), (7000, 'b7')")
      .catch((error) => error);
    expect(violatedUniqueKey(error)).toBe('PRIMARY');
  });

  test('of a check, then it differs from a duplicate, and its stack leads to the caller', async ({
    store,
  }) => {
    const error = await store.database
      .execute("INSERT INTO things (name, qty) VALUES ('less than none', -1)")
      .catch((error) => error);
    expect(isCheckViolation(error)).toBe(true);
    expect(violatedUniqueKey(error)).toBeUndefined();
    expect(error.stack).toContain('database.ts');
    expect(violatedUniqueKey(new Error("for key 'things_name'"))).toBeUndefined();
  });
});

describe('When the database does not answer', () => {
  test('within a second, then the caller gets 503 and the pool keeps working', async ({ store }) => {
    const startedAt = performance.now();
    await expect(store.database.query('SELECT SLEEP(3)')).rejects.toMatchObject(store.unavailable);
    expect(performance.now() - startedAt).toBeLessThan(IN_TIME_MS);
    expect(await store.database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('in the middle of a transaction, then the transaction is rolled back', async ({ store }) => {
    const work = store.database.transaction(async (connection) => {
      await connection.execute("INSERT INTO things (name) VALUES ('unfinished')");
      await connection.query('SELECT SLEEP(3)');
    });
    await expect(work).rejects.toMatchObject(store.unavailable);
    // It waits for whoever holds the row; an insert whose answer came late would be there at the next attempt.
    const find = "SELECT name FROM things WHERE name = 'unfinished' FOR UPDATE";
    await expect.poll(() => store.database.query(find).catch(String), LATE).toEqual([]);
  });

  test('to more statements than the pool has connections, then all get 503 in time and the pool keeps working', async ({
    store,
  }) => {
    const startedAt = performance.now();
    const asks = Array.from({ length: 50 }, () => store.database.query('SELECT SLEEP(3)'));
    for (const result of await Promise.allSettled(asks))
      expect(result).toMatchObject({ status: 'rejected', reason: store.unavailable });
    // Ten at a time, one group after the other, they would take five seconds.
    expect(performance.now() - startedAt).toBeLessThan(3000);
    const after = Array.from({ length: 20 }, () => store.database.query('SELECT 1 AS one'));
    expect(await Promise.all(after)).toEqual(Array.from({ length: 20 }, () => [{ one: 1 }]));
  });

  test('to as many statements as may wait, then the next gets 503 before any of these', async ({ store }) => {
    let pending = 310;
    store.proxy.pretend('hanging');
    onTestFinished(() => store.proxy.pretend('there'));
    const asks = Array.from({ length: pending }, () => store.database.query('SELECT 1'));
    const next = store.database.query('SELECT 1');
    const waiting = asks.map((ask) =>
      ask.catch(() => {
        pending -= 1;
      }),
    );
    await expect(next).rejects.toMatchObject(store.unavailable);
    // Connections that are still being opened for earlier statements are in the way of up to ten.
    expect(pending).toBeGreaterThanOrEqual(300);
    await Promise.all(waiting);
    store.proxy.pretend('there');
    await expect
      .poll(() => store.database.query('SELECT 1 AS one').catch(String), LATE)
      .toEqual([{ one: 1 }]);
  });

  test('to statements that keep the whole pool busy, then it is still known to be there', async ({
    store,
  }) => {
    const asks = Array.from({ length: 30 }, () => store.database.query('SELECT SLEEP(0.9)'));
    await store.database.ping();
    await Promise.allSettled(asks);
  });

  test.for(['hanging', 'gone'] as const)(
    'because it is %s, then callers get 503 in time, and it works again afterwards',
    async (state, { store }) => {
      await Promise.all(Array.from({ length: 10 }, () => store.database.ping()));
      store.proxy.pretend(state);
      const startedAt = performance.now();
      const name = `written while ${state}`;
      const asks = [
        store.database.query('SELECT 1'),
        store.database.execute('INSERT INTO things (name) VALUES (?)', [name]),
        store.database.transaction((connection) => connection.query('SELECT 1')),
        store.database.ping(),
      ];
      const results = await Promise.allSettled(asks);
      expect(performance.now() - startedAt).toBeLessThan(IN_TIME_MS);
      store.proxy.pretend('there');
      for (const result of results)
        expect(result).toMatchObject({ status: 'rejected', reason: store.unavailable });
      await expect
        .poll(() => store.database.query('SELECT 1 AS one').catch(String), LATE)
        .toEqual([{ one: 1 }]);
      expect(await store.bystander.query('SELECT id FROM things WHERE name = ?', [name])).toEqual([]);
    },
  );
});

describe('When the database closes connections', () => {
  test('that are idle, then the next statements succeed', async ({ store }) => {
    await Promise.all(Array.from({ length: 10 }, () => store.database.query('SELECT SLEEP(0.05)')));
    await killOthers(store.bystander);
    const asks = Array.from({ length: 10 }, () => store.database.query('SELECT 1 AS one'));
    expect(await Promise.all(asks)).toEqual(Array.from({ length: 10 }, () => [{ one: 1 }]));
  });

  test('in use, then the caller gets 503 and the next statement succeeds', async ({ store }) => {
    const atWork = store.database.query('SELECT SLEEP(0.9)');
    const outcome = expect(atWork).rejects.toMatchObject(store.unavailable);
    await expect.poll(() => countSleeping(store.bystander)).toBeGreaterThan(0);
    await killOthers(store.bystander);
    await outcome;
    expect(await store.database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('When the work of a transaction', () => {
  test('throws, then the transaction is rolled back and the error is thrown on', async ({ store }) => {
    const mistake = new Error('changed my mind');
    const work = store.database.transaction(async (connection) => {
      await connection.execute("INSERT INTO things (name) VALUES ('regretted')");
      throw mistake;
    });
    await expect(work).rejects.toBe(mistake);
    expect(await store.bystander.query("SELECT id FROM things WHERE name = 'regretted'")).toEqual([]);
  });

  test('hits a deadlock, then it runs again and both transactions succeed', async ({ store }) => {
    const { database } = store;
    await database.execute("INSERT INTO things (name) VALUES ('left'), ('right')");
    const add = (connection: Pick<Database, 'execute'>, name: string) =>
      connection.execute('UPDATE things SET qty = qty + 1 WHERE name = ?', [name]);
    const { promise: bothBegan, resolve } = Promise.withResolvers<void>();
    let began = 0;
    let runs = 0;
    const addInOrder = (first: string, second: string) =>
      database.transaction(async (connection) => {
        runs += 1;
        await add(connection, first);
        began += 1;
        if (began === 2) resolve();
        await bothBegan;
        await add(connection, second);
      });
    await Promise.all([addInOrder('left', 'right'), addInOrder('right', 'left')]);
    expect(runs).toBe(3);
    const select = "SELECT qty FROM things WHERE name IN ('left', 'right')";
    expect(await database.query(select)).toEqual([{ qty: 2 }, { qty: 2 }]);
  });
});

/** Closes all other connections of the account and waits until they are gone. */
async function killOthers(database: Database): Promise<void> {
  const others = () =>
    database.query('SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID()');
  for (const row of await others()) await database.execute(`KILL ${Object(row).id}`).catch(() => undefined);
  await expect.poll(others, LATE).toEqual([]);
}

async function countSleeping(database: Database): Promise<number> {
  const asleep = "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(0%'";
  return (await database.query(asleep)).length;
}
