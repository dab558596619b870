import { createDatabase } from '@vitrine/service-kit/database';
import { migrate } from '@vitrine/service-kit/migrate';
import { test as base, expect } from 'vitest';
import { freshDatabase, migrationAccountOf } from '../../test/database';
import { logger, migrations } from './order-service';

const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
  .extend('settings', async ({}) => freshDatabase('order_dbase'))
  .extend('database', async ({ settings }, { onCleanup }) => {
    await Promise.all(
      Array.from({ length: 3 }, () =>
        migrate({ settings, account: migrationAccountOf(settings), directory: migrations, logger }),
      ),
    );
    const database = createDatabase(settings);
    onCleanup(database.close);
    return database;
  });

test('When three replicas start at once and one again later, then the schema exists and the data stays', async ({
  settings,
  database,
}) => {
  await database.execute("INSERT INTO orders (user_id, date_added) VALUES (1, '2026-01-01')");
  await migrate({ settings, account: migrationAccountOf(settings), directory: migrations, logger });
  expect(await database.query('SELECT user_id FROM orders')).toEqual([{ user_id: 1 }]);
});

test.for<[what: string, statements: string[]]>([
  [
    'a second open order of a user',
    Array(2).fill("INSERT INTO orders (user_id, date_added) VALUES (1, '2026-01-01')"),
  ],
  ['an item of no order', ["INSERT INTO order_items VALUES (9, 1, 'Lamp', 30, 1)"]],
  ...[0, 1000, -1].map((quantity): [string, string[]] => [
    `a quantity of ${quantity}`,
    [
      "INSERT INTO orders (id, user_id, date_added) VALUES (5, 1, '2026-01-01')",
      `INSERT INTO order_items VALUES (5, 1, 'Lamp', 30, ${quantity})`,
    ],
  ]),
  [
    'a second line of a product',
    [
      "INSERT INTO orders (id, user_id, date_added) VALUES (5, 1, '2026-01-01')",
      ...Array(2).fill("INSERT INTO order_items VALUES (5, 1, 'Lamp', 30, 1)"),
    ],
  ],
])('When a statement would write %s, then the schema refuses it', async ([, statements], { database }) => {
  const last = statements.at(-1) ?? '';
  for (const statement of statements.slice(0, -1)) await database.execute(statement);
  await expect(database.execute(last)).rejects.toThrow(
    /Duplicate entry|foreign key|CONSTRAINT|Out of range/i,
  );
});
