import type { Database } from '@vitrine/service-kit/database';
import { type SessionData, Store } from 'express-session';
import { z } from 'zod';
import type { SessionCipher } from './session-cipher';

const row = z.object({ data: z.string() });

/** Deletes expired sessions, the oldest first. */
export const DELETE_EXPIRED_SESSIONS =
  'DELETE FROM session WHERE expires_at < UTC_TIMESTAMP() ORDER BY expires_at LIMIT ?';

/**
 * Sessions in MySQL. Without a `touch` method a page costs one read and no write; a session ends with its cookie, which
 * is set at login. The data, which includes an api key, is encrypted: a reader of the table cannot act for a visitor.
 */
export class SessionStore extends Store {
  readonly #database: Database;
  readonly #cipher: SessionCipher;

  constructor(database: Database, cipher: SessionCipher) {
    super();
    this.#database = database;
    this.#cipher = cipher;
  }

  override get(id: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    this.#database
      .query('SELECT data FROM session WHERE id = ? AND expires_at > UTC_TIMESTAMP()', [id])
      .then(([found]) => {
        const data = found === undefined ? undefined : this.#cipher.decrypt(row.parse(found).data);
        return data === undefined ? null : JSON.parse(data);
      })
      .then((session) => callback(null, session), callback);
  }

  override set(id: string, session: SessionData, callback: (error?: unknown) => void = () => {}): void {
    const expiresAt = session.cookie.expires ?? new Date();
    this.#database
      .execute(
        'INSERT INTO session (id, data, expires_at) VALUES (?, ?, ?) ' +
          'ON DUPLICATE KEY UPDATE data = VALUES(data), expires_at = VALUES(expires_at)',
        [id, this.#cipher.encrypt(JSON.stringify(session)), expiresAt],
      )
      .then(() => callback(), callback);
  }

  override destroy(id: string, callback: (error?: unknown) => void = () => {}): void {
    this.#database.execute('DELETE FROM session WHERE id = ?', [id]).then(() => callback(), callback);
  }
}
