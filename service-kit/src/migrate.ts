import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2';
import Postgrator from 'postgrator';
import { createDatabase, type DatabaseSettings, type Queryable } from './database';
import { errorNumber, isUnavailability } from './database-error';
import { type Logger, logEvent } from './logger';
import { logs } from './registry/kit';
import { StartRefused } from './start-refused';
import { untraced } from './telemetry/start';

const DATABASE_WAIT_MS = 30_000;
const LOCK_WAIT_SECONDS = 60;
/** MySQL's codes for a wrong account, and for an account without access to the schema. */
const ACCESS_DENIED = new Set([1044, 1045]);

export interface MigrationOptions {
  /** With the account of the service at work, which needs no right to change tables. */
  settings: DatabaseSettings;
  /** Changes the tables. */
  account: Pick<DatabaseSettings, 'user' | 'password'>;
  /** The folder of `NNN.do.what.sql` files. A file may hold several statements, and never changes once released. */
  directory: string;
  logger: Logger;
  /** Inserts the rows of every installation that need code. Runs under the same lock; must be idempotent. */
  seed?: (connection: Queryable) => Promise<void>;
}

/**
 * Brings the schema up to date, by an account that is used for nothing else. A lock in the database lets only one replica
 * do so at a time. Waits for a database that does not answer yet, with each of the two accounts up to 30 s; for the
 * lock up to 60 s.
 *
 * @throws when the database stays unreachable or refuses one of the accounts, when the folder holds no migration, and when a
 *   migration fails or has changed since it ran: then the message has its file, and what the operator should do
 */
export function migrate(options: MigrationOptions): Promise<void> {
  return untraced(async () => {
    const { settings, account, logger } = options;
    await (await connectWhenReady(settings, logger)).promise().end();
    const connection = await connectWhenReady({ ...settings, ...account }, logger);
    try {
      await lock(connection, settings.database);
      await applyMigrations(connection, options);
      await seed(options);
    } finally {
      // This releases the lock. It does not fail where the connection is lost, which would hide the reason.
      await connection.promise().end();
    }
  });
}

async function seed(options: MigrationOptions): Promise<void> {
  if (!options.seed) return;
  const database = createDatabase(options.settings, { logger: options.logger });
  try {
    await options.seed(database);
  } finally {
    await database.close();
  }
}

async function applyMigrations(
  connection: Connection,
  { settings, directory, logger }: MigrationOptions,
): Promise<void> {
  let file = '';
  const postgrator = new Postgrator({
    driver: 'mysql',
    database: settings.database,
    schemaTable: 'schema_version',
    // Postgrator reads it as a glob, so the folder's own name is escaped.
    migrationPattern: join(directory.replace(/[?*()[\]{}\\]/g, '\\$&'), '*'),
    async execQuery(sql) {
      const [rows] = await connection.promise().query<RowDataPacket[]>(sql);
      return { rows };
    },
    execSqlScript: (sql) => runFile(connection, file, sql),
  });
  const noteFile = ({ filename }: Postgrator.Migration) => {
    file = basename(filename);
  };
  postgrator.on('validation-started', noteFile);
  postgrator.on('migration-started', noteFile);
  postgrator.on('migration-finished', ({ filename }) =>
    logEvent(logger, logs.migrationApplied, { 'file.path': filename }),
  );
  if ((await postgrator.getMigrations()).length === 0)
    throw new StartRefused(`There is no migration in ${directory}`);
  await postgrator.migrate().catch((error: Error) => {
    if (!error.message.startsWith('MD5 checksum failed')) throw error;
    throw new StartRefused(
      `Migration ${file} has changed since it ran on this database: restore it and write a new one for the change.`,
    );
  });
}

/** Runs all statements of a migration. */
function runFile(connection: Connection, file: string, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let succeeded = 0;
    const query = connection.query(sql, (error) => {
      if (error) reject(failure(error, file, { sql, succeeded }));
      else resolve();
    });
    // mysql2 emits this for the result of each statement.
    query.on('fields', () => {
      succeeded += 1;
    });
  });
}

const MAX_QUOTED = 80;

/** MySQL commits each statement that changes a table, so the next start repeats those before the one that failed. */
function failure(error: Error, file: string, { sql, succeeded }: { sql: string; succeeded: number }): Error {
  const statements = statementsOf(sql);
  const statement = statements[succeeded] ?? '';
  const quote = statement.length > MAX_QUOTED ? `${statement.slice(0, MAX_QUOTED)} …` : statement;
  const what = `Migration ${file} failed at statement ${succeeded + 1} of ${statements.length} (${quote})`;
  const next = isUnavailability(error)
    ? 'start the service again'
    : 'mend the file and start the service again';
  return new StartRefused(
    `${what}: ${error.message.replace(/\.$/, '')}. The database keeps what the file has done so far, at earlier ` +
      `starts too: undo that by hand or restore the database, then ${next}.`,
    { cause: error },
  );
}

/** Text in quotes, a comment, a semicolon, or any other character. */
const SQL_PART = /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`]*`|(--\s[^\n]*|#[^\n]*|\/\*.*?\*\/)|;|./gs;

/** The statements of a file, each on one line and without comments. */
function statementsOf(sql: string): string[] {
  const marked = sql.replace(SQL_PART, (part, comment) => (comment ? ' ' : part === ';' ? '\0' : part));
  const statements = marked.split('\0').map((statement) => statement.replace(/\s+/g, ' ').trim());
  return statements.filter((statement) => statement !== '');
}

async function connectWhenReady(settings: DatabaseSettings, logger: Logger): Promise<Connection> {
  const deadline = Date.now() + DATABASE_WAIT_MS;
  for (;;) {
    const connection = createConnection({ ...settings, multipleStatements: true, connectTimeout: 2000 });
    // A connection that is lost while no statement runs fails the next one.
    connection.on('error', () => undefined);
    try {
      await connection.promise().connect();
      return connection;
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

/** Takes the lock that other replicas wait for. It ends with the connection. */
async function lock(connection: Connection, database: string): Promise<void> {
  const name = `${database}.migrations`;
  const [[row]] = await connection
    .promise()
    .query<RowDataPacket[]>('SELECT GET_LOCK(?, ?) AS acquired', [name, LOCK_WAIT_SECONDS]);
  if (row?.acquired !== 1)
    throw new StartRefused(`Another process held the lock ${name} for ${LOCK_WAIT_SECONDS} s`);
}
