import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';
import { inject } from 'vitest';

/** Connection settings of a schema and the one account that may use it, as mysql2 takes them. */
export type TestDatabase = { host: string; port: number; user: string; password: string; database: string };

/**
 * Makes an empty schema on the shared server, for one test file, and an account that may do in it what a
 * service's account may, and nothing elsewhere. The schema's name begins with `name`: letters, digits, underscores.
 */
export async function freshDatabase(name: string): Promise<TestDatabase> {
  const { host, port, rootPassword } = inject('databaseServer');
  const database = `${name}_${randomBytes(4).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const root = await mysql.createConnection({ host, port, user: 'root', password: rootPassword });
  try {
    await root.query(`CREATE DATABASE ${mysql.escapeId(database)}`);
    await root.query('CREATE USER ? IDENTIFIED BY ?', [database, password]);
    await root.query(`GRANT ALL ON ${mysql.escapeId(database.replaceAll('_', '\\_'))}.* TO ?`, [database]);
  } finally {
    await root.end();
  }
  return { host, port, user: database, password, database };
}
