import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import Postgrator from 'postgrator';
import { createDatabase, type DatabaseSettings, type Queryable } from './database';
import { errorNumber } from './database-error';
import { type Logger, logEvent } from './logger';
import { logs } from './registry/kit';
import { untraced } from './telemetry/start';

const DATABASE_WAIT_MS = 30_000;
const LOCK_WAIT_SECONDS = 60;
/** MySQL's codes for a wrong account, and for an account without access to the schema. */
const ACCESS_DENIED = new Set([1044, 1045]);

interface MigrationOptions {
  settings: DatabaseSettings;
  /** The folder of `NNN.do.what.sql` files. A file may hold several statements, and never changes once released. */
  directory: string;
  logger: Logger;
  /** Inserts the rows of every installation that need code. Runs under the same lock; must be idempotent. */
  seed?: (connection: Queryable) => Promise<void>;
}

/**
 * Brings the schema up to date. A lock in the database lets only one replica do so at a time. Waits up to 30 s for a
 * database that does not answer yet.
 *
 * @throws when the database stays unreachable or refuses the account, when the folder holds no migration, and when a
 *   migration fails or has changed since it ran
 */
export function migrate(options: MigrationOptions): Promise<void> {
  return untraced(async () => {
    const connection = await connectWhenReady(options);
    try {
      await underLock(connection, options.settings.database, async () => {
        const postgrator = migrator(connection, options);
        if ((await postgrator.getMigrations()).length === 0)
          throw new Error(`There is no migration in ${options.directory}`);
        const applied = await postgrator.migrate();
        for (const { filename } of applied)
          logEvent(options.logger, logs.migrationApplied, { 'file.path': filename });
        await seed(options);
      });
    } finally {
      await connection.end();
    }
  });
}

async function seed(options: MigrationOptions): Promise<void> {
  if (!options.seed) return;
  const database = createDatabase(options.settings, options.logger);
  try {
    await options.seed(database);
  } finally {
    await database.close();
  }
}

function migrator(connection: Connection, { settings, directory }: MigrationOptions): Postgrator {
  return new Postgrator({
    driver: 'mysql',
    database: settings.database,
    schemaTable: 'schema_version',
    // Postgrator reads it as a glob, so the folder's own name is escaped.
    migrationPattern: join(directory.replace(/[?*()[\]{}\\]/g, '\\$&'), '*'),
    async execQuery(sql) {
      const [rows] = await connection.query<RowDataPacket[]>(sql);
      return { rows };
    },
  });
}

async function connectWhenReady({ settings, logger }: MigrationOptions): Promise<Connection> {
  const deadline = Date.now() + DATABASE_WAIT_MS;
  for (;;) {
    try {
      return await mysql.createConnection({ ...settings, multipleStatements: true, connectTimeout: 2000 });
    } catch (error) {
      if (ACCESS_DENIED.has(errorNumber(error)) || Date.now() > deadline) throw error;
      logEvent(logger, logs.waitingForDatabase, {
        'db.namespace': settings.database,
        'error.message': String(error),
      });
      await delay(500);
    }
  }
}

async function underLock(connection: Connection, database: string, work: () => Promise<void>): Promise<void> {
  const lock = `${database}.migrations`;
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT GET_LOCK(?, ?) AS acquired', [
    lock,
    LOCK_WAIT_SECONDS,
  ]);
  if (row?.acquired !== 1)
    throw new Error(`Another process held the lock ${lock} for ${LOCK_WAIT_SECONDS} s`);
  try {
    await work();
  } finally {
    await connection.query('SELECT RELEASE_LOCK(?)', [lock]);
  }
}
