import type { Queryable } from '@vitrine/service-kit/database';
import { z } from 'zod';
import { type User, user } from './user';

const flag = z.literal([0, 1]).transform((value) => value === 1);

export const userRows = z.array(user.extend({ is_active: flag, is_admin: flag }));

const credentialRows = z.array(z.object({ id: z.int(), password_hash: z.string() }));

interface NewUser extends Omit<User, 'id' | 'is_active'> {
  password_hash: string;
}

/** @throws the database's duplicate key error, on users_username or users_email */
export async function insertUser(database: Queryable, newUser: NewUser): Promise<User> {
  const { username, email, first_name, last_name, is_admin, password_hash } = newUser;
  const { insertId } = await database.execute(
    `INSERT INTO users (username, email, first_name, last_name, is_admin, password_hash)
     VALUES (?, ?, ?, ?, ?, ?)`,
    [username, email, first_name, last_name, is_admin, password_hash],
  );
  return { id: insertId, username, email, first_name, last_name, is_active: true, is_admin };
}

export async function hasUsername(database: Queryable, username: string): Promise<boolean> {
  const rows = await database.query('SELECT id FROM users WHERE username = ?', [username]);
  return rows.length > 0;
}

/** The id and password hash of an active user. */
export async function findCredentials(
  database: Queryable,
  username: string,
): Promise<{ id: number; password_hash: string } | undefined> {
  const rows = await database.query(
    'SELECT id, password_hash FROM users WHERE username = ? AND is_active = TRUE',
    [username],
  );
  return credentialRows.parse(rows)[0];
}

/** Users ordered by id, from the first one above `after`. */
export async function listUsers(
  database: Queryable,
  { after, limit }: { after: number; limit: number },
): Promise<User[]> {
  const rows = await database.query(
    `SELECT id, username, email, first_name, last_name, is_active, is_admin
     FROM users WHERE id > ? ORDER BY id LIMIT ?`,
    [after, limit],
  );
  return userRows.parse(rows);
}
