import type { Database, Queryable } from '@vitrine/service-kit/database';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { inject } from 'vitest';
import type { TestDatabase } from './database';

type Statement = { sql: string; values: Parameters<Queryable['query']>[1] };

/** Keeps the statements that go to the database, except those that begin and end transactions. */
export function recordStatements(database: Database): Database & { readonly statements: Statement[] } {
  const statements: Statement[] = [];
  const recorded = (queryable: Queryable): Queryable => ({
    query(sql, values) {
      statements.push({ sql, values });
      return queryable.query(sql, values);
    },
    execute(sql, values) {
      statements.push({ sql, values });
      return queryable.execute(sql, values);
    },
  });
  return {
    ...database,
    ...recorded(database),
    transaction: (work) => database.transaction((connection) => work(recorded(connection))),
    statements,
  };
}

/** The cost of a statement: the tables that it looks through from end to end, and how many rows it reads. */
export type Cost = { sql: string; fullScans: string[]; rowsRead: number };

/**
 * Explains each statement and runs it once more, in a transaction that is rolled back. It leaves out those that insert
 * values, which look through no table.
 */
export async function costsOf(
  { database }: Pick<TestDatabase, 'database'>,
  statements: readonly Statement[],
): Promise<Cost[]> {
  const { host, port, rootPassword } = inject('databaseServer');
  const connection = await mysql.createConnection({
    host,
    port,
    user: 'root',
    password: rootPassword,
    database,
  });
  try {
    const costs: Cost[] = [];
    for (const statement of statements.filter(({ sql }) => !sql.startsWith('INSERT')))
      costs.push(await costOf(connection, statement));
    return costs;
  } finally {
    await connection.end();
  }
}

async function costOf(connection: Connection, { sql, values = [] }: Statement): Promise<Cost> {
  const [plan] = await connection.execute<RowDataPacket[]>(`EXPLAIN ${sql}`, values);
  // A table in <> is the result of a part of the statement.
  const scans = plan.filter(({ type, table }) => type === 'ALL' && !table.startsWith('<'));
  await connection.query('START TRANSACTION');
  await connection.query('FLUSH STATUS');
  await connection.execute(sql, values);
  const [read] = await connection.query<RowDataPacket[]>("SHOW SESSION STATUS LIKE 'Handler\\\\_read\\\\_%'");
  await connection.query('ROLLBACK');
  return {
    sql,
    fullScans: scans.map(({ table }) => table),
    rowsRead: read.reduce((sum, { Value }) => sum + Number(Value), 0),
  };
}
