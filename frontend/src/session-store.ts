import type { Database } from '@vitrine/service-kit/database';
import { type SessionData, Store } from 'express-session';
import { z } from 'zod';

const row = z.object({ data: z.string() });

/** Few enough not to slow a login down, more than a login adds. */
const SWEPT_ROWS = 50;

/**
 * Sessions in MySQL. It has no `touch`, so showing a page costs one read and no write: a session ends when its cookie,
 * set at login, does. There is no timer either: every login sweeps away some that are over.
 */
export class SessionStore extends Store {
  readonly #database: Database;

  constructor(database: Database) {
    super();
    this.#database = database;
  }

  override get(id: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    this.#database
      .query('SELECT data FROM session WHERE id = ? AND expires_at > UTC_TIMESTAMP()', [id])
      .then(([found]) => (found === undefined ? null : JSON.parse(row.parse(found).data)))
      .then((session) => callback(null, session), callback);
  }

  override set(id: string, session: SessionData, callback: (error?: unknown) => void = () => {}): void {
    const expiresAt = session.cookie.expires ?? new Date();
    this.#database
      .execute(
        'INSERT INTO session (id, data, expires_at) VALUES (?, ?, ?) ' +
          'ON DUPLICATE KEY UPDATE data = VALUES(data), expires_at = VALUES(expires_at)',
        [id, JSON.stringify(session), expiresAt],
      )
      .then(() =>
        this.#database.execute(`DELETE FROM session WHERE expires_at < UTC_TIMESTAMP() LIMIT ${SWEPT_ROWS}`),
      )
      .then(() => callback(), callback);
  }

  override destroy(id: string, callback: (error?: unknown) => void = () => {}): void {
    this.#database.execute('DELETE FROM session WHERE id = ?', [id]).then(() => callback(), callback);
  }
}
