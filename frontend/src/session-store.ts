import type { Database } from '@vitrine/service-kit/database';
import { type SessionData, Store } from 'express-session';
import { z } from 'zod';
import type { Seal } from './seal';

const row = z.object({ data: z.string() });

/** Few enough not to slow a login down, more than a login adds. */
const SWEPT_ROWS = 50;

/**
 * Sessions in MySQL. It has no `touch`, so showing a page costs one read and no write: a session ends when its cookie,
 * set at login, does. There is no timer either: every login sweeps away some that are over. What a session holds (an api
 * key) is sealed: who reads the table can ask nothing in anybody's name.
 */
export class SessionStore extends Store {
  readonly #database: Database;
  readonly #seal: Seal;

  constructor(database: Database, seal: Seal) {
    super();
    this.#database = database;
    this.#seal = seal;
  }

  override get(id: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    this.#database
      .query('SELECT data FROM session WHERE id = ? AND expires_at > UTC_TIMESTAMP()', [id])
      .then(([found]) => {
        const data = found === undefined ? undefined : this.#seal.open(row.parse(found).data);
        return data === undefined ? null : JSON.parse(data);
      })
      .then((session) => callback(null, session), callback);
  }

  override set(id: string, session: SessionData, callback: (error?: unknown) => void = () => {}): void {
    const expiresAt = session.cookie.expires ?? new Date();
    this.#database
      .execute(`DELETE FROM session WHERE expires_at < UTC_TIMESTAMP() LIMIT ${SWEPT_ROWS}`)
      .then(() =>
        this.#database.execute(
          'INSERT INTO session (id, data, expires_at) VALUES (?, ?, ?) ' +
            'ON DUPLICATE KEY UPDATE data = VALUES(data), expires_at = VALUES(expires_at)',
          [id, this.#seal.close(JSON.stringify(session)), expiresAt],
        ),
      )
      .then(() => callback(), callback);
  }

  override destroy(id: string, callback: (error?: unknown) => void = () => {}): void {
    this.#database.execute('DELETE FROM session WHERE id = ?', [id]).then(() => callback(), callback);
  }
}
