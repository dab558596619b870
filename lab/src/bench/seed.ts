import mysql, { type Connection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import { LabError } from '../lab-error.ts';
import { createParts } from '../parts.ts';
import type { Progress } from '../progress.ts';
import type { Settings } from '../settings.ts';

/** How many rows each table has in all. */
export type ShopSize = { products: number; users: number; orders: number };

const largeShop: ShopSize = { products: 10_000, users: 100_000, orders: 1_000_000 };

/** The database makes the rows itself, so many in one statement. */
const ROWS_A_STATEMENT = 10_000;

/**
 * Fills the databases of a running native shop up to 10,000 products, 100,000 users and 1,000,000 orders, which takes about
 * a minute; rows that are there stay. Nobody can log in as one of the users made here. Each user gets as many past orders
 * as others, of two products each; a user's orders lie far apart, as if all users had ordered in turn.
 */
export async function seedLargeShop(settings: Settings, { report, signal }: Progress): Promise<void> {
  const tables = [
    ['product_dbase', 'products', (connection: Connection) => seedProducts(connection, largeShop.products)],
    ['user_dbase', 'users', (connection: Connection) => seedUsers(connection, largeShop.users)],
    ['order_dbase', 'orders', (connection: Connection) => seedOrders(connection, largeShop)],
  ] as const;
  for (const [schema, table, seed] of tables) {
    signal.throwIfAborted();
    const startedAt = performance.now();
    const connection = await connect(settings, schema);
    // A statement never ends for the driver when its connection is destroyed meanwhile.
    const { promise: interruption, reject } = Promise.withResolvers<never>();
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop);
    try {
      const added = await Promise.race([seed(connection), interruption]);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      report(`${added} ${table} added in ${seconds} s`);
    } finally {
      signal.removeEventListener('abort', stop);
      connection.destroy();
    }
  }
}

/** Adds products until there are so many. @returns how many were added */
export function seedProducts(connection: Connection, count: number): Promise<number> {
  return addRows(connection, 'products', count, (numbers) => [
    `INSERT INTO products (id, name, slug, price, image)
     SELECT n, CONCAT('Article ', n), CONCAT('article-', n), 5 + n % 995, 'neutral.svg' FROM ${numbers}`,
  ]);
}

/** Adds users until there are so many. @returns how many were added */
export function seedUsers(connection: Connection, count: number): Promise<number> {
  // The hash is well formed, and that of no known password.
  return addRows(connection, 'users', count, (numbers) => [
    `INSERT INTO users (id, username, email, first_name, last_name, password_hash)
     SELECT n, CONCAT('seeded-', n), CONCAT('seeded-', n, '@example.com'), 'Camille', CONCAT('Martin ', n),
       RPAD('$2b$10$', 60, 'x') FROM ${numbers}`,
  ]);
}

/** Adds past orders, until there are so many, of users and products with the ids up to their number. @returns how many were added */
export function seedOrders(connection: Connection, { orders, users, products }: ShopSize): Promise<number> {
  return addRows(connection, 'orders', orders, (numbers) => [
    `INSERT INTO orders (id, user_id, date_added, date_checked_out)
     SELECT n, 1 + n % ${users}, NOW(3) - INTERVAL 1 YEAR + INTERVAL n SECOND, NOW(3) - INTERVAL 1 YEAR + INTERVAL n + 60 SECOND
     FROM ${numbers}`,
    `INSERT INTO order_items (order_id, product_id, product_name, price, quantity)
     SELECT n, product_id, CONCAT('Article ', product_id), 5 + product_id % 995, 1 + n % 3
     FROM (SELECT n, 1 + (n * 7 + line) % ${products} AS product_id
       FROM ${numbers} CROSS JOIN (SELECT 0 AS line UNION ALL SELECT 1) AS item_lines) AS item_rows`,
  ]);
}

/**
 * Adds rows until the table has so many. `statementsFor` gets a table of their ids, as the column `n`; what it returns runs in
 * one transaction, which the database rolls back when the connection ends before. Fresh statistics let the database choose
 * its indexes as it would in a shop that has grown slowly.
 */
async function addRows(
  connection: Connection,
  table: string,
  count: number,
  statementsFor: (numbers: string) => readonly string[],
): Promise<number> {
  const [[found]] = await connection.query<RowDataPacket[]>(
    `SELECT COUNT(*) AS count, COALESCE(MAX(id), 0) AS last FROM ${table}`,
  );
  const missing = count - Number(found?.count);
  const first = Number(found?.last) + 1;
  for (let done = 0; done < missing; done += ROWS_A_STATEMENT) {
    const rows = Math.min(ROWS_A_STATEMENT, missing - done);
    await connection.beginTransaction();
    for (const statement of statementsFor(numbersFrom(first + done, rows)))
      await connection.query<ResultSetHeader>(statement);
    await connection.commit();
  }
  await connection.query(`ANALYZE TABLE ${table}`);
  return Math.max(0, missing);
}

const DIGITS = `(${Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} AS d`).join(' UNION ALL ')})`;

/** A table with the numbers from `first` on, ten thousand at most, in the column `n`. */
function numbersFrom(first: number, count: number): string {
  const number = 'ones.d + 10 * tens.d + 100 * hundreds.d + 1000 * thousands.d';
  return `(SELECT ${first} + ${number} AS n
     FROM ${DIGITS} AS ones, ${DIGITS} AS tens, ${DIGITS} AS hundreds, ${DIGITS} AS thousands
     WHERE ${number} < ${count}) AS numbers`;
}

async function connect(settings: Settings, name: string): Promise<Connection> {
  for (const part of createParts(settings)) {
    const schema = part.kind === 'database' && part.schemas.find((one) => one.name === name);
    if (!schema) continue;
    const { user, password } = schema;
    const account = { user, password, database: name };
    return mysql.createConnection({ host: '127.0.0.1', port: part.port, ...account }).catch((error) => {
      throw new LabError(`${part.name} cannot be reached: ${error.message}. Is a native shop running?`);
    });
  }
  throw new LabError(`There is no database ${name}.`);
}
