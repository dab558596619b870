import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';
import { inject } from 'vitest';
import { schemaStatements } from '../lab/src/native/database-server.ts';

/** Connection settings of a schema, with the account that may read and change its rows, as mysql2 takes them. */
export type TestDatabase = { host: string; port: number; user: string; password: string; database: string };

/**
 * Makes an empty schema on the shared server, for one test file, with the two accounts that a service has.
 * The schema's name begins with `name`: letters, digits, underscores.
 */
export async function freshDatabase(name: string): Promise<TestDatabase> {
  const { host, port, rootPassword } = inject('databaseServer');
  const database = `${name}_${randomBytes(4).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const root = await mysql.createConnection({ host, port, user: 'root', password: rootPassword });
  try {
    const account = { user: database, password };
    const schema = { name: database, ...account, migrations: migrationAccountOf(account) };
    for (const statement of schemaStatements(schema)) await root.query(statement);
  } finally {
    await root.end();
  }
  return { host, port, user: database, password, database };
}

/** The account that may change the schema's tables. */
export function migrationAccountOf({ user, password }: Pick<TestDatabase, 'user' | 'password'>) {
  return { user: `${user}_ddl`, password: `${password}_ddl` };
}

/** The variables that tell a service of its database. */
export function databaseVariables(settings: TestDatabase): Record<string, string> {
  const migrations = migrationAccountOf(settings);
  return {
    DB_HOST: settings.host,
    DB_PORT: String(settings.port),
    DB_USER: settings.user,
    DB_PASSWORD: settings.password,
    DB_NAME: settings.database,
    DB_MIGRATION_USER: migrations.user,
    DB_MIGRATION_PASSWORD: migrations.password,
  };
}
