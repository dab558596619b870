import { context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import type { PoolConnection as CallbackConnection } from 'mysql2';
import mysql, {
  type Pool,
  type PoolConnection,
  type ResultSetHeader,
  type RowDataPacket,
} from 'mysql2/promise';
import { HttpError, unavailable } from './http-error';

export interface DatabaseSettings {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

type SqlValue = string | number | boolean | Date | Buffer | null;

/** What repositories are given: one statement at a time, on a pooled connection or inside a transaction. */
export interface Queryable {
  /** Rows of a SELECT, one object a row, to be checked by the caller. Statements begin with their verb: it names the span. */
  query(sql: string, values?: SqlValue[]): Promise<unknown[]>;
  /** An INSERT, UPDATE or DELETE. `affectedRows` counts an updated duplicate as 2 and an unchanged one as 0. */
  execute(sql: string, values?: SqlValue[]): Promise<{ affectedRows: number; insertId: number }>;
}

export interface Database extends Queryable {
  /**
   * Runs the work in a transaction; rolls back when it throws. A deadlock rolls back and runs the work again, so it
   * must have no other effects.
   */
  transaction<Result>(work: (connection: Queryable) => Promise<Result>): Promise<Result>;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

const POOL_SIZE = 10;
const MAX_WAITING = 1000;
const DEADLINE_MS = 1000;
const TRANSACTION_TRIES = 5;

const ER_DUP_ENTRY = 1062;
const ER_LOCK_DEADLOCK = 1213;
/** MySQL's and MariaDB's. */
const CHECK_VIOLATIONS = new Set([3819, 4025]);
/** Too many connections, access denied, shutdown in progress, lock wait timeout, statement interrupted. */
const NOT_NOW = new Set([1040, 1045, 1053, 1203, 1205, 1317, 1927]);

/**
 * A small pool of connections to one schema. Every piece of work (a statement or a whole transaction, the wait for a
 * connection included) has one second; then its connection is closed, which makes the server roll back, and the
 * caller gets a 503 that names the schema.
 */
export function createDatabase(settings: DatabaseSettings): Database {
  const pool = mysql.createPool({
    ...settings,
    charset: 'utf8mb4',
    timezone: 'Z',
    connectionLimit: POOL_SIZE,
    queueLimit: MAX_WAITING,
    connectTimeout: DEADLINE_MS,
    supportBigNumbers: true,
  });
  const name = settings.database;
  pool.pool.on('connection', readCommitted);

  const run = <Result>(work: (connection: PoolConnection) => Promise<Result>) =>
    withDeadline(pool, work).catch((error: unknown): never => {
      throw isUnavailability(error) ? unavailable(name, error) : error;
    });

  return {
    query: (sql, values) => run((connection) => queryable(connection).query(sql, values)),
    execute: (sql, values) => run((connection) => queryable(connection).execute(sql, values)),
    async transaction(work) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await run((connection) => inTransaction(connection, work));
        } catch (error) {
          if (errorNumber(error) !== ER_LOCK_DEADLOCK) throw error;
          if (attempt === TRANSACTION_TRIES) throw unavailable(name, error);
        }
      }
    },
    ping: () => run((connection) => connection.ping()),
    close: () => pool.end(),
  };
}

/** The name of the unique key that a statement ran into; undefined for any other error. */
export function violatedUniqueKey(error: unknown): string | undefined {
  if (errorNumber(error) !== ER_DUP_ENTRY || !(error instanceof Error)) return undefined;
  // MySQL writes 'table.key', MariaDB 'key'; the value before it is the client's and may hold quotes.
  return /for key '(?:[^'.]*\.)?([^'.]+)'$/.exec(error.message)?.[1];
}

/** Whether a statement was refused by a CHECK constraint. */
export function isCheckViolation(error: unknown): boolean {
  return CHECK_VIOLATIONS.has(errorNumber(error) ?? 0);
}

/** The statements of a transaction or of a bare connection. */
export function queryable(connection: mysql.Connection): Queryable {
  return {
    async query(sql, values) {
      const [rows] = await connection.execute<RowDataPacket[]>(sql, values);
      return rows;
    },
    async execute(sql, values) {
      const [{ affectedRows, insertId }] = await connection.execute<ResultSetHeader>(sql, values);
      return { affectedRows, insertId };
    },
  };
}

/**
 * Locks rows that are there and no gaps between them: of the default level's gap locks, two transactions that insert
 * after having looked for the same missing row die of a deadlock.
 */
function readCommitted(connection: CallbackConnection): void {
  context.with(suppressTracing(context.active()), () => {
    connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', (error) => {
      if (error) connection.destroy();
    });
  });
}

class DeadlinePassed extends Error {
  override name = 'DeadlinePassed';
}

function withDeadline<Result>(
  pool: Pool,
  work: (connection: PoolConnection) => Promise<Result>,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    let connection: PoolConnection | undefined;
    let isOver = false;
    const timer = setTimeout(() => {
      isOver = true;
      connection?.destroy();
      reject(new DeadlinePassed(`No answer from the database within ${DEADLINE_MS} ms`));
    }, DEADLINE_MS);

    const finish = (settle: () => void) => {
      clearTimeout(timer);
      if (isOver) return;
      connection?.release();
      settle();
    };

    pool
      .getConnection()
      .then((acquired) => {
        if (isOver) {
          acquired.release();
          throw new DeadlinePassed();
        }
        connection = acquired;
        return work(acquired);
      })
      .then(
        (result) => finish(() => resolve(result)),
        (error) => finish(() => reject(error)),
      );
  });
}

async function inTransaction<Result>(
  connection: PoolConnection,
  work: (connection: Queryable) => Promise<Result>,
): Promise<Result> {
  await connection.beginTransaction();
  try {
    const result = await work(queryable(connection));
    await connection.commit();
    return result;
  } catch (error) {
    // A connection that cannot roll back must not return to the pool with a transaction open.
    await connection.rollback().catch(() => connection.destroy());
    throw error;
  }
}

function errorNumber(error: unknown): number | undefined {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number'
    ? error.errno
    : undefined;
}

/** Connection lost or refused (mysql2 marks those fatal), no connection in time, or a server that cannot answer now. */
function isUnavailability(error: unknown): boolean {
  if (error instanceof HttpError || !(error instanceof Error)) return false;
  if (error instanceof DeadlinePassed) return true;
  if ('fatal' in error && error.fatal === true) return true;
  if (['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(String('code' in error && error.code)))
    return true;
  if (/^(Queue limit reached|Pool is closed|Can't add new command when connection)/.test(error.message))
    return true;
  return NOT_NOW.has(errorNumber(error) ?? 0);
}
