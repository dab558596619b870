import { hash, randomBytes } from 'node:crypto';
import type { Queryable } from '@vitrine/service-kit/database';
import type { User } from './user';
import { userRows } from './user-repository';

const KEY_BYTES = 32;

/** Deletes expired keys, the oldest first. */
export const DELETE_EXPIRED_KEYS =
  'DELETE FROM api_keys WHERE expires_at <= UTC_TIMESTAMP(3) ORDER BY expires_at LIMIT ?';

/** Creates an api key for the user; earlier keys stay valid. Only its hash is stored, so it can't be shown again. */
export async function createApiKey(database: Queryable, userId: number, ttlHours: number): Promise<string> {
  const key = randomBytes(KEY_BYTES).toString('base64url');
  await database.execute(
    'INSERT INTO api_keys (key_hash, user_id, expires_at) VALUES (?, ?, UTC_TIMESTAMP(3) + INTERVAL ? HOUR)',
    [hashOf(key), userId, ttlHours],
  );
  return key;
}

/** The owner of the key; undefined when it is unknown, revoked or expired, or its user is inactive. */
export async function findUserByApiKey(database: Queryable, key: string): Promise<User | undefined> {
  const rows = await database.query(
    `SELECT id, username, email, first_name, last_name, is_active, is_admin
     FROM api_keys JOIN users ON id = user_id
     WHERE key_hash = ? AND expires_at > UTC_TIMESTAMP(3) AND is_active = TRUE`,
    [hashOf(key)],
  );
  return userRows.parse(rows)[0];
}

/** @returns false when there was no such key */
export async function deleteApiKey(database: Queryable, key: string): Promise<boolean> {
  const { affectedRows } = await database.execute('DELETE FROM api_keys WHERE key_hash = ?', [hashOf(key)]);
  return affectedRows > 0;
}

/** A fast hash is enough: nobody can guess a key of 256 random bits. */
function hashOf(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}
