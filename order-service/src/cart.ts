import type { Database, Queryable } from '@vitrine/service-kit/database';
import { isCheckViolation } from '@vitrine/service-kit/database-error';
import { HttpError } from '@vitrine/service-kit/http-error';
import { invalidInput } from '@vitrine/service-kit/input';
import { metrics } from '@vitrine/service-kit/registry/shop';
import { createCounter, createHistogram } from '@vitrine/service-kit/telemetry/instruments';
import type { Catalogue, Product } from './neighbours';
import { asStored, atTodaysPrices, type Order } from './order';
import {
  addItem,
  closeOrder,
  findOpenOrder,
  lockOpenOrder,
  openOrder,
  removeItem,
  type StoredOrder,
  setPrice,
  setQuantity,
} from './order-repository';

const MAX_QUANTITY_A_LINE = 999;

const ordersCreated = createCounter(metrics.ordersCreated);
const cartItemsAdded = createCounter(metrics.cartItemsAdded);
const checkoutsCompleted = createCounter(metrics.checkoutsCompleted);
const checkoutValue = createHistogram(metrics.checkoutValue);

/** Adds to the user's open order, or opens one. @returns the changed order */
export async function addToCart(
  database: Database,
  userId: number,
  { product, quantity }: { product: Product; quantity: number },
): Promise<StoredOrder> {
  const item = { product_id: product.id, product_name: product.name, price: product.price, quantity };
  let isFirst = false;
  try {
    const order = await database.transaction(async (transaction) => {
      const openId = await lockOpenOrder(transaction, userId);
      isFirst = openId === undefined;
      const orderId = openId ?? (await openOrder(transaction, userId, new Date()));
      await addItem(transaction, orderId, item).catch((error) => {
        if (!isCheckViolation(error)) throw error;
        throw invalidInput([{ field: 'qty', message: `must not bring a line above ${MAX_QUANTITY_A_LINE}` }]);
      });
      return readOpenOrder(transaction, userId);
    });
    cartItemsAdded.add(quantity, { product_id: String(product.id) });
    // Several calls at once may find no order; only the one that opened it finds just its own quantity in it.
    const totalQuantity = order.items.reduce((sum, line) => sum + line.quantity, 0);
    if (isFirst && totalQuantity === quantity) ordersCreated.add(1, { status: 'success' });
    return order;
  } catch (error) {
    if (isFirst) ordersCreated.add(1, { status: 'failed' });
    throw error;
  }
}

/** Changes one line of the open order. @returns the changed order @throws HttpError 404 without order or line */
async function changeLine(
  database: Database,
  userId: number,
  change: (transaction: Queryable, orderId: number) => Promise<boolean>,
): Promise<StoredOrder> {
  return database.transaction(async (transaction) => {
    const orderId = (await lockOpenOrder(transaction, userId)) ?? noOrder();
    if (!(await change(transaction, orderId))) throw noItem();
    return readOpenOrder(transaction, userId);
  });
}

export function changeQuantity(
  database: Database,
  userId: number,
  line: { productId: number; quantity: number },
) {
  return changeLine(database, userId, (transaction, orderId) => setQuantity(transaction, orderId, line));
}

export function removeFromCart(database: Database, userId: number, productId: number) {
  return changeLine(database, userId, (transaction, orderId) => removeItem(transaction, orderId, productId));
}

/**
 * Places the open order at today's names and prices. When called several times at once, one call succeeds.
 *
 * @throws HttpError 404 without an open order; 409 when it is empty, holds a product that is no longer sold, or has
 * another total than expected (with the field `expected_total`)
 */
export async function checkOut(
  database: Database,
  userId: number,
  catalogue: Catalogue,
  expectedTotal?: number,
): Promise<Order> {
  const bought = await database.transaction(async (transaction) => {
    const cart = (await findOpenOrder(transaction, userId, { lock: true })) ?? noOrder();
    const { items, total } = atTodaysPrices(cart, catalogue);
    if (items.length === 0) throw new HttpError(409, 'The order is empty');
    const unavailable = items.filter((item) => !item.available).map((item) => item.product_name);
    if (unavailable.length > 0) throw new HttpError(409, `No longer available: ${unavailable.join(', ')}`);
    if (expectedTotal !== undefined && expectedTotal !== total) throw otherTotal(total);

    for (const [index, item] of items.entries()) {
      const known = cart.items[index];
      const isUnchanged = known?.price === item.price && known.product_name === item.product_name;
      if (!isUnchanged) await setPrice(transaction, cart.id, item);
    }
    const now = new Date();
    await closeOrder(transaction, cart.id, now);
    return asStored({ ...cart, items, date_checked_out: now });
  });
  checkoutsCompleted.add(1, {});
  checkoutValue.record(bought.total, {});
  return bought;
}

async function readOpenOrder(transaction: Queryable, userId: number): Promise<StoredOrder> {
  return (await findOpenOrder(transaction, userId)) ?? noOrder();
}

export function noItem(): HttpError {
  return new HttpError(404, 'Item not found');
}

function otherTotal(total: number): HttpError {
  const errors = [{ field: 'expected_total', message: `must be ${total}, which is the total now` }];
  return new HttpError(409, `The total has changed to ${total}; nothing was bought`, { errors });
}

function noOrder(): never {
  throw new HttpError(404, 'No order found');
}
