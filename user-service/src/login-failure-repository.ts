import { createHash } from 'node:crypto';
import type { Queryable } from '@vitrine/service-kit/database';
import { z } from 'zod';

/** A username is blocked after this many failures within the window. */
const FAILURES_ALLOWED = 10;
const WINDOW_SECONDS = 300;

/** Deletes failures that are too old to count, the oldest first. */
export const DELETE_OLD_FAILURES = `DELETE FROM login_failures
  WHERE failed_at <= UTC_TIMESTAMP(3) - INTERVAL ${WINDOW_SECONDS} SECOND ORDER BY failed_at LIMIT ?`;

const blockRows = z.array(z.object({ seconds: z.int() }));

/** Records a failed login for the username, whether or not there is such a user. */
export async function insertLoginFailure(database: Queryable, username: string): Promise<void> {
  await database.execute(
    'INSERT INTO login_failures (username_hash, failed_at) VALUES (?, UTC_TIMESTAMP(3))',
    [hashOf(username)],
  );
}

/** Seconds until the username is no longer blocked; undefined when it is not blocked. */
export async function findLoginBlock(database: Queryable, username: string): Promise<number | undefined> {
  const rows = await database.query(
    `SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(3), failed_at + INTERVAL ? SECOND) + 1 AS seconds
     FROM login_failures
     WHERE username_hash = ? AND failed_at > UTC_TIMESTAMP(3) - INTERVAL ? SECOND
     ORDER BY failed_at DESC LIMIT 1 OFFSET ?`,
    [WINDOW_SECONDS, hashOf(username), WINDOW_SECONDS, FAILURES_ALLOWED - 1],
  );
  return blockRows.parse(rows)[0]?.seconds;
}

function hashOf(username: string): Buffer {
  return createHash('sha256').update(username.toLowerCase()).digest();
}
