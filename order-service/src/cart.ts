import type { Queryable } from '@vitrine/service-kit/database';
import { isCheckViolation } from '@vitrine/service-kit/database-error';
import { HttpError } from '@vitrine/service-kit/http-error';
import { invalidInput } from '@vitrine/service-kit/input';
import { metrics } from '@vitrine/service-kit/registry/shop';
import { createCounter, createHistogram } from '@vitrine/service-kit/telemetry/instruments';
import { changeCart, lockOpen, look, noOrder, type Sources } from './cart-transaction';
import { asStored, atTodaysPrices, type Order, versionOf } from './order';
import {
  addItem,
  closeOrder,
  findOpenOrder,
  openOrder,
  removeItem,
  type StoredItem,
  type StoredOrder,
  setPrices,
  setQuantity,
} from './order-repository';

const MAX_QUANTITY_A_LINE = 999;

const ordersCreated = createCounter(metrics.ordersCreated);
const cartItemsAdded = createCounter(metrics.cartItemsAdded);
const checkoutsCompleted = createCounter(metrics.checkoutsCompleted);
const checkoutValue = createHistogram(metrics.checkoutValue);

/** The user's open order at today's names and prices; undefined when there is none. */
export async function readCart(sources: Sources, userId: number): Promise<Order | undefined> {
  const cart = await look(sources, userId);
  return cart && atTodaysPrices(cart, sources.catalogue);
}

/**
 * Adds to the user's open order, or opens one.
 *
 * @throws HttpError 404 when the product is not sold, 400 when the line would exceed 999
 */
export async function addToCart(
  sources: Sources,
  userId: number,
  { productId, quantity }: { productId: number; quantity: number },
): Promise<Order> {
  const seen = await look(sources, userId, [productId]);
  const product = sources.catalogue.get(productId);
  if (!product) throw new HttpError(404, 'Cannot find product');

  let isFirst = false;
  const lockOrOpen = async (transaction: Queryable, isThere: boolean): Promise<StoredOrder> => {
    const locked = isThere ? await findOpenOrder(transaction, userId, { lock: true }) : undefined;
    isFirst = !locked;
    if (locked) return locked;
    await openOrder(transaction, userId, new Date());
    const opened = (await findOpenOrder(transaction, userId)) ?? noOrder();
    // Of several calls at once that find no order, only the one that opened it finds it empty.
    isFirst = opened.items.length === 0;
    return opened;
  };
  try {
    const cart = await changeCart(sources, seen, lockOrOpen, async (transaction, cart) => {
      const item = { product_id: productId, product_name: product.name, price: product.price, quantity };
      await addItem(transaction, cart.id, item).catch((error) => {
        if (!isCheckViolation(error)) throw error;
        throw invalidInput([{ field: 'qty', message: `must not bring a line above ${MAX_QUANTITY_A_LINE}` }]);
      });
      const before = lineOf(cart, productId)?.quantity ?? 0;
      return withLine(cart, { ...item, quantity: before + quantity });
    });
    cartItemsAdded.add(quantity, { product_id: String(productId) });
    if (isFirst) ordersCreated.add(1, { status: 'success' });
    return atTodaysPrices(cart, sources.catalogue);
  } catch (error) {
    if (isFirst) ordersCreated.add(1, { status: 'failed' });
    throw error;
  }
}

/** @throws HttpError 404 without order or line */
export async function changeQuantity(
  sources: Sources,
  userId: number,
  { productId, quantity }: { productId: number; quantity: number },
): Promise<Order> {
  const seen = await look(sources, userId);
  const cart = await changeCart(sources, seen, lockOpen(userId), async (transaction, cart) => {
    const line = lineOf(cart, productId) ?? noItem();
    await setQuantity(transaction, cart.id, { productId, quantity });
    return withLine(cart, { ...line, quantity });
  });
  return atTodaysPrices(cart, sources.catalogue);
}

/** @throws HttpError 404 without order or line */
export async function removeFromCart(sources: Sources, userId: number, productId: number): Promise<Order> {
  const seen = await look(sources, userId);
  const cart = await changeCart(sources, seen, lockOpen(userId), async (transaction, cart) => {
    if (!lineOf(cart, productId)) noItem();
    await removeItem(transaction, cart.id, productId);
    return { ...cart, items: cart.items.filter(({ product_id }) => product_id !== productId) };
  });
  return atTodaysPrices(cart, sources.catalogue);
}

/** What the buyer was shown of the order; nothing else is bought. */
interface Expected {
  version?: string | undefined;
  /** Whole dollars. */
  total?: number | undefined;
}

/**
 * Places the open order at today's names and prices. When called several times at once, one call succeeds.
 *
 * @throws HttpError 404 without an open order; 409 when it is empty, holds a product that is no longer sold, or has
 * another version or total than expected (with the field `expected_version` or `expected_total`)
 */
export async function checkOut(sources: Sources, userId: number, expected: Expected): Promise<Order> {
  const seen = await look(sources, userId);
  const bought = await changeCart(sources, seen, lockOpen(userId), async (transaction, cart) => {
    const { items, total } = atTodaysPrices(cart, sources.catalogue);
    const unavailable = items.filter((item) => !item.available).map((item) => item.product_name);
    if (unavailable.length > 0) throw new HttpError(409, `No longer available: ${unavailable.join(', ')}`);
    if (expected.version !== undefined && expected.version !== versionOf({ id: cart.id, items }))
      throw otherVersion();
    if (items.length === 0) throw new HttpError(409, 'The order is empty');
    if (expected.total !== undefined && expected.total !== total) throw otherTotal(total);

    const changed = items.filter(({ product_name, price }, index) => {
      const known = cart.items[index];
      return known?.price !== price || known.product_name !== product_name;
    });
    if (changed.length > 0) await setPrices(transaction, cart.id, changed);
    const now = new Date();
    await closeOrder(transaction, cart.id, now);
    return asStored({ ...cart, items, date_checked_out: now });
  });
  checkoutsCompleted.add(1, {});
  checkoutValue.record(bought.total, {});
  return bought;
}

function lineOf(cart: StoredOrder, productId: number): StoredItem | undefined {
  return cart.items.find(({ product_id }) => product_id === productId);
}

/** The order with this line, which replaces an earlier one of the same product. */
function withLine(cart: StoredOrder, line: StoredItem): StoredOrder {
  const others = cart.items.filter(({ product_id }) => product_id !== line.product_id);
  return { ...cart, items: [...others, line].sort((a, b) => a.product_id - b.product_id) };
}

export function noItem(): never {
  throw new HttpError(404, 'Item not found');
}

function otherVersion(): HttpError {
  const errors = [{ field: 'expected_version', message: 'must be the version of the order now' }];
  return new HttpError(409, 'The order has changed; nothing was bought', { errors });
}

function otherTotal(total: number): HttpError {
  const errors = [{ field: 'expected_total', message: `must be ${total}, which is the total now` }];
  return new HttpError(409, `The total has changed to ${total}; nothing was bought`, { errors });
}
