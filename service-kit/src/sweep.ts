import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Database } from './database';
import { type Logger, logEvent } from './logger';
import { logs } from './registry/kit';
import { untraced } from './telemetry/start';

const EVERY_MS = 60_000;
/** So few that those who need the table wait for some milliseconds at most. */
const ROWS_A_STEP = 500;
const PAUSE_MS = 100;

const lockRows = z.tuple([z.object({ acquired: z.literal([0, 1]).nullable() })]);

/**
 * Deletes what has expired: at once, then every minute, in small steps until nothing is left. A lock in the database lets
 * one replica at a time do a step; the others skip theirs. A failure is logged, and the other statements go on.
 *
 * @param statements each a DELETE that finds its rows by an index and ends with `LIMIT ?`
 * @returns what ends it; closing the database then rolls back a step that is under way
 */
export function startSweep(
  database: Database,
  statements: readonly string[],
  { logger, everyMs = EVERY_MS }: { logger: Logger; everyMs?: number },
): () => void {
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = (milliseconds: number) => delay(milliseconds, undefined, { signal, ref: false });

  const sweep = async (statement: string) => {
    while (await deleteSome(database, statement)) await pause(PAUSE_MS);
  };
  const run = async () => {
    for (;;) {
      for (const statement of statements) {
        await sweep(statement).catch((error) => {
          signal.throwIfAborted();
          logEvent(logger, logs.sweepFailed, { err: error });
        });
      }
      await pause(everyMs);
    }
  };
  if (statements.length > 0) untraced(() => run().catch(() => undefined));
  return () => stopping.abort();
}

/** @returns whether there may be more */
function deleteSome(database: Database, statement: string): Promise<boolean> {
  return database.transaction(async (connection) => {
    const rows = await connection.query("SELECT GET_LOCK(CONCAT(DATABASE(), '.sweep'), 0) AS acquired");
    if (lockRows.parse(rows)[0].acquired !== 1) return false;
    try {
      const { affectedRows } = await connection.execute(statement, [ROWS_A_STEP]);
      return affectedRows === ROWS_A_STEP;
    } finally {
      await connection.query("SELECT RELEASE_LOCK(CONCAT(DATABASE(), '.sweep'))");
    }
  });
}
