import type { Database, Queryable } from '@vitrine/service-kit/database';
import { HttpError } from '@vitrine/service-kit/http-error';
import type { Catalogue } from './neighbours';
import { findOpenOrder, type StoredOrder } from './order-repository';

/** Where a request finds orders and products. */
export interface Sources {
  database: Database;
  catalogue: Catalogue;
}

/** Reads the user's open order, without locking it, and asks for its products and for `others`. */
export async function look(
  { database, catalogue }: Sources,
  userId: number,
  others: readonly number[] = [],
): Promise<StoredOrder | undefined> {
  const cart = await findOpenOrder(database, userId);
  await catalogue.ask([...productsIn(cart), ...others]);
  return cart;
}

/**
 * Locks an order and changes it. As no lock is held while product-service is asked, products may have come into the order
 * since it was seen: then nothing is changed before they are asked for as well.
 */
export async function changeCart<Result>(
  { database, catalogue }: Sources,
  seen: StoredOrder | undefined,
  lock: (transaction: Queryable, isThere: boolean) => Promise<StoredOrder>,
  change: (transaction: Queryable, cart: StoredOrder) => Promise<Result>,
): Promise<Result> {
  for (let isThere = seen !== undefined; ; isThere = true) {
    const outcome = await database.transaction(async (transaction) => {
      const cart = await lock(transaction, isThere);
      const isKnown = catalogue.hasAsked(productsIn(cart));
      return isKnown ? { result: await change(transaction, cart) } : { unknown: productsIn(cart) };
    });
    if ('result' in outcome) return outcome.result;
    await catalogue.ask(outcome.unknown);
  }
}

/** Locks the user's open order until the transaction ends. @throws HttpError 404 when there is none */
export function lockOpen(userId: number) {
  return async (transaction: Queryable): Promise<StoredOrder> =>
    (await findOpenOrder(transaction, userId, { lock: true })) ?? noOrder();
}

function productsIn(cart: StoredOrder | undefined): number[] {
  return cart?.items.map(({ product_id }) => product_id) ?? [];
}

export function noOrder(): never {
  throw new HttpError(404, 'No order found');
}
