import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { test as base, describe, expect, onTestFinished } from 'vitest';
import { freshDatabase, migrationAccountOf } from '../../test/database';
import { startTcpProxy } from '../../test/tcp-proxy';
import { createDatabase, type Queryable } from '../src/database';
import { migrate } from '../src/migrate';
import { captureLog } from './captured-log';

const LAMPS = 'CREATE TABLE lamps (id INT PRIMARY KEY); INSERT INTO lamps VALUES (1);';
const MORE = 'ALTER TABLE lamps ADD COLUMN watts INT NOT NULL DEFAULT 60;';

const test = base.extend('schema', async ({ task: _task }, { onCleanup }) => {
  const settings = await freshDatabase('kit_migrate');
  const folder = await mkdtemp(join(tmpdir(), 'kit-migrate-'));
  // The repository may lie in a folder with special characters in its name.
  const directory = join(folder, 'shop [1] (a copy) {b,c} *?\\');
  await mkdir(directory);
  const account = migrationAccountOf(settings);
  const database = createDatabase(settings);
  const migrations = createDatabase({ ...settings, ...account });
  onCleanup(async () => {
    await Promise.all([database.close(), migrations.close()]);
    await rm(folder, { recursive: true });
  });
  const log = captureLog();
  return {
    settings,
    database,
    /** Logged in as the account that runs the migrations. */
    migrations,
    log,
    write: (name: string, sql: string) => writeFile(join(directory, name), sql),
    migrate: (seed?: (connection: Queryable) => Promise<void>, overrides = {}) =>
      migrate({
        settings: { ...settings, ...overrides },
        account,
        directory,
        logger: log.logger,
        ...(seed && { seed }),
      }),
    lamps: () => database.query('SELECT * FROM lamps'),
  };
});

describe('When migrations run', () => {
  test('then each runs once, in order, also those added later', async ({ schema }) => {
    await schema.write('001.do.lamps.sql', LAMPS);
    await schema.migrate();
    expect(await schema.lamps()).toEqual([{ id: 1 }]);
    await schema.write('002.do.watts.sql', MORE);
    await schema.migrate();
    await schema.migrate();
    expect(await schema.lamps()).toEqual([{ id: 1, watts: 60 }]);
    const applied = schema.log.lines().filter(({ msg }) => msg === 'migration applied');
    expect(applied).toHaveLength(2);
  });

  test('on ten replicas at once, then each runs once, and the seeds run one after the other', async ({
    schema,
  }) => {
    await schema.write('001.do.lamps.sql', LAMPS);
    await schema.write('002.do.watts.sql', MORE);
    let seeding = 0;
    const seed = async (connection: Queryable) => {
      seeding += 1;
      expect(seeding).toBe(1);
      const seeds = await connection.query('SELECT id FROM lamps WHERE id = 2');
      if (seeds.length === 0) await connection.execute('INSERT INTO lamps (id) VALUES (2)');
      seeding -= 1;
    };
    await Promise.all(Array.from({ length: 10 }, () => schema.migrate(seed)));
    expect(await schema.lamps()).toHaveLength(2);
  });
});

describe('When the migrations have run', () => {
  test('then the account of the service at work may change rows, but neither tables nor rights', async ({
    schema,
  }) => {
    await schema.write('001.do.lamps.sql', LAMPS);
    await schema.migrate();
    await schema.database.execute('INSERT INTO lamps (id) VALUES (2), (3)');
    await schema.database.execute('UPDATE lamps SET id = 4 WHERE id = 2');
    await schema.database.execute('DELETE FROM lamps WHERE id = 3');
    const connection = await createConnection(schema.settings);
    onTestFinished(() => connection.end());
    for (const statement of [
      'CREATE TABLE lamps_too (id INT)',
      'ALTER TABLE lamps ADD COLUMN watts INT',
      'CREATE INDEX lamps_id ON lamps (id)',
      'TRUNCATE TABLE lamps',
      'DROP TABLE lamps',
      'CREATE VIEW lamps_too AS SELECT id FROM lamps',
      'CREATE TRIGGER lamps_gone BEFORE DELETE ON lamps FOR EACH ROW SET @gone = 1',
      'GRANT SELECT ON lamps TO CURRENT_USER',
    ])
      await expect(connection.query(statement), statement).rejects.toThrow(/denied/);
    expect(await schema.lamps()).toEqual([{ id: 1 }, { id: 4 }]);
  });

  test('then their account has no connection any more', async ({ schema }) => {
    await schema.write('001.do.lamps.sql', LAMPS);
    await schema.migrate(async () => undefined);
    // The account sees its own connections only, and this statement has one.
    const connections = () => schema.migrations.query('SELECT id FROM information_schema.processlist');
    await expect.poll(connections).toHaveLength(1);
  });
});

describe('When a migration', () => {
  test('has changed since it ran, then the start fails', async ({ schema }) => {
    await schema.write('001.do.lamps.sql', LAMPS);
    await schema.migrate();
    await schema.write('001.do.lamps.sql', `${LAMPS} INSERT INTO lamps VALUES (2);`);
    await schema.write('002.do.watts.sql', MORE);
    await expect(schema.migrate()).rejects.toThrow(
      'Migration 001.do.lamps.sql has changed since it ran on this database: restore it and write a new one for the change.',
    );
    expect(await schema.lamps()).toEqual([{ id: 1 }]);
  });

  test('fails in its second statement, then the error names file, statement, cause and way out, at every start', async ({
    schema,
  }) => {
    await schema.write('001.do.lamps.sql', LAMPS);
    const quotes = `INSERT INTO lamps VALUES (2), /* "; */ (3) -- it's; done\n`;
    const long = `ALTER TABLE lamps ADD COLUMN\n  volts INTEGERS COMMENT 'a;b', ${'-- \n'.repeat(50)} ADD COLUMN amps INT`;
    await schema.write('002.do.volts.sql', `-- Volts; at last.\n${quotes}; ${long}; DROP TABLE lamps;`);
    const what =
      /^Migration 002\.do\.volts\.sql failed at statement 2 of 3 \(ALTER TABLE lamps ADD COLUMN volts INTEGERS COMMENT 'a;b', ADD COLUMN amps INT\): .*INTEGERS.*\. The database keeps what the file has done so far.* undo that by hand.*, then mend the file and start the service again\.$/s;
    await expect(schema.migrate()).rejects.toThrow(what);
    expect(await schema.lamps()).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    await expect(schema.migrate()).rejects.toThrow(
      /^Migration 002\.do\.volts\.sql failed at statement 1 of 3 \(INSERT INTO lamps VALUES \(2\), \(3\)\): Duplicate entry/,
    );
    await schema.database.execute('DELETE FROM lamps WHERE id > 1');
    await schema.write('002.do.volts.sql', MORE);
    await schema.migrate();
    expect(await schema.lamps()).toEqual([{ id: 1, watts: 60 }]);
  });

  test('loses its connection, then the error names file, statement and cause', async ({ schema }) => {
    await schema.write('001.do.lamps.sql', `${LAMPS} DO SLEEP(30); DROP TABLE lamps;`);
    const proxy = await startTcpProxy(schema.settings);
    onTestFinished(proxy.close);
    const migrated = schema.migrate(undefined, { port: proxy.port });
    const outcome = expect(migrated).rejects.toThrow(
      /^Migration 001\.do\.lamps\.sql failed at statement 3 of 4 \(DO SLEEP\(30\)\): .*(ECONNRESET|lost).* start the service again\.$/,
    );
    const asleep =
      "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND (info LIKE 'DO SLEEP%' OR state = 'User sleep')";
    await expect.poll(() => schema.migrations.query(asleep)).toHaveLength(1);
    // The answers to the first two statements have passed the proxy once a later connection through it is open.
    await (await createConnection({ ...schema.settings, port: proxy.port })).end();
    proxy.pretend('gone');
    await outcome;
  });

  test('fails, then the seed does not run, and the next start continues with the fixed migration', async ({
    schema,
  }) => {
    await schema.write('001.do.lamps.sql', LAMPS);
    await schema.write('002.do.watts.sql', 'ALTER TABLE lampz ADD COLUMN watts INT;');
    const seed = () => Promise.reject(new Error('the seed ran'));
    await expect(schema.migrate(seed)).rejects.toThrow(/lampz/);
    await schema.write('002.do.watts.sql', MORE);
    await schema.migrate();
    expect(await schema.lamps()).toEqual([{ id: 1, watts: 60 }]);
  });
});

test('When the folder holds no migration, then the start fails', async ({ schema }) => {
  await schema.write('notes.txt', 'no migration');
  await expect(schema.migrate()).rejects.toThrow('There is no migration in ');
});

describe('When the seed fails', () => {
  test('then the start fails and the lock is released', async ({ schema }) => {
    await schema.write('001.do.lamps.sql', LAMPS);
    await expect(schema.migrate(() => Promise.reject(new Error('no seeds')))).rejects.toThrow('no seeds');
    await schema.migrate();
  });
});

describe('When the database', () => {
  test('does not answer yet, then the start waits and logs a line without a stack', async ({ schema }) => {
    await schema.write('001.do.lamps.sql', LAMPS);
    const proxy = await startTcpProxy(schema.settings);
    proxy.pretend('gone');
    const migrated = schema.migrate(undefined, { port: proxy.port });
    await expect.poll(() => schema.log.lines(), { timeout: 10_000 }).not.toEqual([]);
    expect(schema.log.lines()[0]).toStrictEqual({
      ...{ level: 'warn', time: expect.any(String) },
      ...{ msg: 'waiting for the database', 'db.namespace': schema.settings.database },
      'error.message': expect.stringMatching(/^Error: .*ECONNRESET/),
    });
    proxy.pretend('there');
    await migrated;
    expect(await schema.lamps()).toEqual([{ id: 1 }]);
    await proxy.close();
  });

  test.for([
    ['the password', { password: 'wrong' }],
    ['the schema', { database: 'somebody_elses' }],
  ])('refuses %s, then the start fails without waiting', async ([, overrides], { schema }) => {
    await expect(schema.migrate(undefined, overrides)).rejects.toThrow('Access denied');
    // Every wait would log a line.
    expect(schema.log.lines()).toEqual([]);
  });
});
