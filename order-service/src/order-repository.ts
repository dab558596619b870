import { padded, type Queryable } from '@vitrine/service-kit/database';
import { z } from 'zod';

const orderColumns = z.object({
  id: z.int(),
  user_id: z.int(),
  date_added: z.date(),
  date_checked_out: z.date().nullable(),
});

const itemColumns = z.object({
  product_id: z.int(),
  product_name: z.string(),
  price: z.int(),
  quantity: z.int(),
});

/** Orders joined with their items; an order without items has one row, with nulls. */
const joinedRows = z.array(
  z.union([
    z.object({ ...orderColumns.shape, ...itemColumns.shape }),
    z.object({ ...orderColumns.shape, product_id: z.null() }),
  ]),
);

export type StoredItem = z.output<typeof itemColumns>;
export type StoredOrder = z.output<typeof orderColumns> & { items: StoredItem[] };

const JOINED = `
  o.id, o.user_id, o.date_added, o.date_checked_out, i.product_id, i.product_name, i.price, i.quantity`;

/** The user's open order. `lock` keeps others from changing it until the transaction ends. */
export async function findOpenOrder(
  connection: Queryable,
  userId: number,
  { lock }: { lock: boolean } = { lock: false },
): Promise<StoredOrder | undefined> {
  const rows = await connection.query(
    `SELECT ${JOINED} FROM orders o LEFT JOIN order_items i ON i.order_id = o.id
     WHERE o.open_user_id = ? ORDER BY i.product_id ${lock ? 'FOR UPDATE' : ''}`,
    [userId],
  );
  return groupByOrder(rows)[0];
}

/** Orders with ids below `before`, newest first, of one user or, without `userId`, of all. */
export async function listOrders(
  connection: Queryable,
  { userId, before, limit }: { userId?: number; before: number; limit: number },
): Promise<StoredOrder[]> {
  const rows = await connection.query(
    `SELECT ${JOINED} FROM
       (SELECT * FROM orders WHERE id < ? ${userId === undefined ? '' : 'AND user_id = ?'} ORDER BY id DESC LIMIT ?) o
     LEFT JOIN order_items i ON i.order_id = o.id ORDER BY o.id DESC, i.product_id`,
    userId === undefined ? [before, limit] : [before, userId, limit],
  );
  return groupByOrder(rows);
}

/** Opens an order for a user who has none and locks it; of several calls at once, one opens it. */
export async function openOrder(transaction: Queryable, userId: number, now: Date): Promise<void> {
  await transaction.execute(
    'INSERT INTO orders (user_id, date_added) VALUES (?, ?) ON DUPLICATE KEY UPDATE id = id',
    [userId, now],
  );
}

/** Adds to the product's line, or creates it. @throws the database's CHECK violation above 999 on a line */
export async function addItem(transaction: Queryable, orderId: number, item: StoredItem): Promise<void> {
  await transaction.execute(
    `INSERT INTO order_items (order_id, product_id, product_name, price, quantity) VALUES (?, ?, ?, ?, ?)
     ON DUPLICATE KEY UPDATE quantity = quantity + VALUES(quantity),
       product_name = VALUES(product_name), price = VALUES(price)`,
    [orderId, item.product_id, item.product_name, item.price, item.quantity],
  );
}

export async function setQuantity(
  transaction: Queryable,
  orderId: number,
  { productId, quantity }: { productId: number; quantity: number },
): Promise<void> {
  await transaction.execute('UPDATE order_items SET quantity = ? WHERE order_id = ? AND product_id = ?', [
    quantity,
    orderId,
    productId,
  ]);
}

export async function removeItem(transaction: Queryable, orderId: number, productId: number): Promise<void> {
  await transaction.execute('DELETE FROM order_items WHERE order_id = ? AND product_id = ?', [
    orderId,
    productId,
  ]);
}

/** Writes names and prices on lines that are there, all in one statement. */
export async function setPrices(
  transaction: Queryable,
  orderId: number,
  items: readonly StoredItem[],
): Promise<void> {
  const rows = padded(items);
  await transaction.execute(
    `INSERT INTO order_items (order_id, product_id, product_name, price, quantity)
     VALUES ${rows.map(() => '(?, ?, ?, ?, ?)').join(', ')}
     ON DUPLICATE KEY UPDATE product_name = VALUES(product_name), price = VALUES(price)`,
    rows.flatMap((item) => [orderId, item.product_id, item.product_name, item.price, item.quantity]),
  );
}

export async function closeOrder(transaction: Queryable, orderId: number, now: Date): Promise<void> {
  await transaction.execute('UPDATE orders SET date_checked_out = ? WHERE id = ?', [now, orderId]);
}

function groupByOrder(rows: unknown[]): StoredOrder[] {
  const orders: StoredOrder[] = [];
  for (const row of joinedRows.parse(rows)) {
    let last = orders.at(-1);
    if (last?.id !== row.id) {
      const { id, user_id, date_added, date_checked_out } = row;
      last = { id, user_id, date_added, date_checked_out, items: [] };
      orders.push(last);
    }
    if (row.product_id !== null) {
      const { product_id, product_name, price, quantity } = row;
      last.items.push({ product_id, product_name, price, quantity });
    }
  }
  return orders;
}
