import { Socket } from 'node:net';
import { context } from '@opentelemetry/api';
import { type Connection, createPool, type Pool, type PoolConnection, type QueryResult } from 'mysql2';
import { z } from 'zod';
import type { databaseSettings } from './config';
import { DeadlinePassed, isDeadlock, isUnavailability } from './database-error';
import type { Faults } from './faults/faults';
import { unavailable } from './http-error';
import type { Logger } from './logger';
import { type ConnectionUse, watchPool } from './telemetry/pool';
import { noteStatementError } from './telemetry/span-processor';
import { untraced } from './telemetry/start';
import { type StatementTimer, timeStatements } from './telemetry/statements';

export type DatabaseSettings = ReturnType<typeof databaseSettings>;

type SqlValue = string | number | boolean | Date | Buffer | null;

/** Runs one statement at a time, on a pooled connection or inside a transaction. */
export interface Queryable {
  /** Returns the rows of a SELECT for the caller to parse. A statement begins with its verb, which names the span. */
  query(sql: string, values?: SqlValue[]): Promise<unknown[]>;
  /** Runs an INSERT, UPDATE or DELETE. Matched rows count as affected even when no value changed. */
  execute(sql: string, values?: SqlValue[]): Promise<{ affectedRows: number; insertId: number }>;
}

export interface Database extends Queryable {
  /**
   * Runs the work in a transaction; rolls back when it throws. After a deadlock the work runs again, so it must have
   * no other effects.
   */
  transaction<Result>(work: (connection: Queryable) => Promise<Result>): Promise<Result>;
  /** Resolves when the database answers, however busy the pool is. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

const POOL_SIZE = 10;
/** The next caller gets a 503 at once: while the database hangs, each of these holds its request in memory. */
const MAX_WAITING = 300;
const DEADLINE_MS = 1000;
const TRANSACTION_TRIES = 5;
/** A connection keeps this many statements prepared; a server keeps some 16,000 for all connections of all services. */
const PREPARED_STATEMENTS = 100;

interface DatabaseOptions {
  /** Receives slow statements. */
  logger?: Logger;
  /** How long a statement or a whole transaction may take, with the wait for a connection. */
  deadlineMs?: number;
  /** Those that make statements slow. */
  faults?: Pick<Faults, 'databaseLatencyMs'> | undefined;
}

/**
 * Opens a small pool of connections to one schema. What takes longer than the deadline has its connection closed, which
 * makes the server roll back, and the caller gets a 503 that names the schema.
 */
export function createDatabase(
  settings: DatabaseSettings,
  { logger, deadlineMs = DEADLINE_MS, faults }: DatabaseOptions = {},
): Database {
  const open = (connectionLimit: number) =>
    createPool({
      ...settings,
      charset: 'utf8mb4',
      timezone: 'Z',
      connectionLimit,
      queueLimit: MAX_WAITING,
      maxPreparedStatements: PREPARED_STATEMENTS,
      connectTimeout: deadlineMs,
    });
  const pool = open(POOL_SIZE);
  // Statements that keep the pool busy must not make the service look as if its database was away.
  const pingPool = open(1);
  pool.on('connection', readCommitted);
  const poolWatch = watchPool(pool, { schema: settings.database, size: POOL_SIZE });
  const timed = timeStatements(settings.database, logger);

  const translate = (error: unknown): never => {
    throw isUnavailability(error) ? unavailable(settings.database, error) : error;
  };
  const run = <Result>(work: (session: Session) => Promise<Result>): Promise<Result> => {
    // The pool calls back for this request while another one may be at work. No statement gets more time than all.
    const latencyMs = Math.min(faults?.databaseLatencyMs() ?? 0, deadlineMs);
    const begin = (connection: PoolConnection) => work({ connection, timed, latencyMs });
    return withDeadline(begin, { pool, use: poolWatch.use(), deadlineMs }).catch(translate);
  };

  const transaction: Database['transaction'] = (work) =>
    run(async (session) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await inTransaction(session, work);
        } catch (error) {
          if (!isDeadlock(error)) throw error;
          if (attempt === TRANSACTION_TRIES) throw unavailable(settings.database, error);
        }
      }
    });

  return {
    query: (sql, values) => run((session) => queryable(session).query(sql, values)),
    // A hung server would execute a bare statement when it wakes up, long after the caller gave up.
    execute: (sql, values) => transaction((connection) => connection.execute(sql, values)),
    transaction,
    ping() {
      const ping = (connection: PoolConnection) => fromCallback((callback) => connection.ping(callback));
      return withDeadline(ping, { pool: pingPool, use: UNWATCHED, deadlineMs }).catch(translate);
    },
    async close() {
      poolWatch.close();
      await Promise.all([pool.promise().end(), pingPool.promise().end()]);
    },
  };
}

/**
 * Repeats the last of some values until there are 1, 10, 100 or 1000. A statement with a list of any length then has few
 * forms, each of which is prepared once.
 */
export function padded<Value>(values: readonly Value[]): Value[] {
  const length = 10 ** Math.ceil(Math.log10(values.length));
  return [...values, ...Array(length - values.length).fill(values.at(-1))];
}

const noop = () => undefined;
const UNWATCHED: ConnectionUse = { obtained: noop, timedOut: noop, ended: noop };

const rowsResult = z.array(z.unknown());
const changeResult = z.object({ affectedRows: z.int(), insertId: z.int() });

/** What the statements of one piece of work have in common. */
interface Session {
  connection: PoolConnection;
  timed: StatementTimer;
  /** How much longer than usual each statement takes. */
  latencyMs: number;
}

function queryable(session: Session): Queryable {
  return {
    async query(sql, values) {
      return rowsResult.parse(await sendPrepared(session, sql, values));
    },
    async execute(sql, values) {
      return changeResult.parse(await sendPrepared(session, sql, values));
    },
  };
}

/** Runs a prepared statement. mysql2/promise would capture a stack trace at every call; this does on errors only. */
async function sendPrepared(session: Session, sql: string, values: SqlValue[] = []): Promise<unknown> {
  try {
    return await send(session, sql, (connection, callback) => connection.execute(sql, values, callback));
  } catch (error) {
    // mysql2's own stack ends at the socket; this one leads to the caller.
    if (error instanceof Error) Error.captureStackTrace(error);
    throw error;
  }
}

/** Runs a statement without values that MySQL does not prepare. */
function sendUnprepared(session: Session, sql: string): Promise<unknown> {
  return send(session, sql, (connection, callback) => connection.query(sql, callback));
}

function send(
  { connection, timed, latencyMs }: Session,
  sql: string,
  start: (connection: Connection, callback: Callback<QueryResult>) => void,
): Promise<QueryResult> {
  return timed(sql, () => {
    if (latencyMs > 0) occupy(connection, latencyMs);
    return fromCallback<QueryResult>((callback) => start(connection, callback));
  });
}

/** Keeps the server busy with nothing, so that it is late for the next statement of the connection. */
function occupy(connection: Connection, milliseconds: number): void {
  untraced(() => connection.query(`DO SLEEP(${milliseconds / 1000})`, () => undefined));
}

type Callback<Result> = (error: Error | null, result: Result) => void;

/** Turns a callback of mysql2 into a promise, and notes an error for the statement's span. */
function fromCallback<Result = void>(start: (callback: Callback<Result>) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    start((error, result) => {
      if (!error) return resolve(result);
      noteStatementError(error);
      reject(error);
    });
  });
}

function withDeadline<Result>(
  work: (connection: PoolConnection) => Promise<Result>,
  { pool, use, deadlineMs }: { pool: Pool; use: ConnectionUse; deadlineMs: number },
): Promise<Result> {
  return new Promise((resolve, reject) => {
    let connection: PoolConnection | undefined;
    let isOverdue = false;
    const timer = setTimeout(() => {
      isOverdue = true;
      use.timedOut();
      const reason = new DeadlinePassed(`No answer from the database within ${deadlineMs} ms`);
      if (connection) cut(connection, reason);
      reject(reason);
    }, deadlineMs);

    const finish = (settle: () => void, noConnection?: Error) => {
      clearTimeout(timer);
      if (isOverdue) return;
      use.ended(noConnection);
      connection?.release();
      settle();
    };

    const begin = (error: Error | null, acquired: PoolConnection) => {
      if (error) return finish(() => reject(error), error);
      if (isOverdue) return acquired.release();
      use.obtained();
      connection = acquired;
      work(acquired).then(
        (result) => finish(() => resolve(result)),
        (failure) => finish(() => reject(failure)),
      );
    };
    // The pool calls back in the context of whoever released or opened the connection.
    const callerContext = context.active();
    pool.getConnection((error, acquired) => context.with(callerContext, begin, undefined, error, acquired));
  });
}

/** Closes the connection so that its statement fails. mysql2's `destroy` would leave statement and span open. */
function cut(connection: PoolConnection, reason: Error): void {
  const stream: unknown = Reflect.get(connection, 'stream');
  if (stream instanceof Socket) stream.destroy(reason);
  else connection.destroy();
}

async function inTransaction<Result>(
  session: Session,
  work: (connection: Queryable) => Promise<Result>,
): Promise<Result> {
  await sendUnprepared(session, 'START TRANSACTION');
  try {
    const result = await work(queryable(session));
    await sendUnprepared(session, 'COMMIT');
    return result;
  } catch (error) {
    // A failed rollback must not put a connection with an open transaction back into the pool.
    await sendUnprepared(session, 'ROLLBACK').catch(() => session.connection.destroy());
    throw error;
  }
}

/**
 * Makes transactions lock existing rows only. The default isolation level also locks the gaps between them: two
 * transactions that look for the same missing row and then insert it would deadlock.
 */
function readCommitted(connection: PoolConnection): void {
  untraced(() => {
    connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', (error) => {
      if (error) connection.destroy();
    });
  });
}
