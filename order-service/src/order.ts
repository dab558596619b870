import { hash } from 'node:crypto';
import { z } from 'zod';
import type { Catalogue } from './neighbours';
import type { StoredOrder } from './order-repository';

const orderItem = z
  .object({
    product_id: z.int(),
    product_name: z.string(),
    price: z.int().describe('Whole dollars for one; after the checkout, the price that was paid'),
    quantity: z.int(),
    available: z.boolean().describe('False for a product that has left the catalogue while in the cart'),
  })
  .meta({ id: 'OrderItem' });

export const order = z
  .object({
    id: z.int(),
    user_id: z.int(),
    is_open: z.boolean(),
    items: z.array(orderItem),
    total: z.int().describe('Whole dollars for the available items'),
    date_added: z.iso.datetime(),
    date_checked_out: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Order' });

export type Order = z.output<typeof order>;

/** An order as stored: a past one with what was bought, a cart with its last known names and prices. */
export function asStored(stored: StoredOrder): Order {
  return toOrder(
    stored,
    stored.items.map((item) => ({ ...item, available: true })),
  );
}

/** A cart at today's names and prices; a product that is no longer sold keeps its last known ones. */
export function atTodaysPrices(stored: StoredOrder, catalogue: Catalogue): Order {
  const items = stored.items.map((item) => {
    const product = catalogue.get(item.product_id);
    if (!product) return { ...item, available: false };
    return { ...item, product_name: product.name, price: product.price, available: true };
  });
  return toOrder(stored, items);
}

/** A digest of what a buyer is shown of an order: another one as soon as anything of it is another. */
export function versionOf({ id, items }: Pick<Order, 'id' | 'items'>): string {
  return hash('sha256', JSON.stringify([id, items]), 'base64url');
}

function toOrder(stored: StoredOrder, items: Order['items']): Order {
  return {
    id: stored.id,
    user_id: stored.user_id,
    is_open: stored.date_checked_out === null,
    items,
    total: items.reduce((sum, item) => sum + (item.available ? item.price * item.quantity : 0), 0),
    date_added: stored.date_added.toISOString(),
    date_checked_out: stored.date_checked_out?.toISOString() ?? null,
  };
}
