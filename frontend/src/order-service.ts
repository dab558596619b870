import type { ServiceClient } from '@vitrine/service-kit/service-client';
import { z } from 'zod';
import { ask } from './service-answer';

const order = z.object({
  id: z.int(),
  user_id: z.int(),
  is_open: z.boolean(),
  items: z.array(
    z.object({
      product_id: z.int(),
      product_name: z.string(),
      price: z.number(),
      quantity: z.int(),
      available: z.boolean(),
    }),
  ),
  total: z.number(),
  date_added: z.coerce.date(),
  date_checked_out: z.coerce.date().nullable(),
});

export type Order = z.output<typeof order>;

/**
 * The open order; its version is another one as soon as anything in it is. An older order-service, during an update, gives
 * none, and then the form to order tells none.
 */
export type Cart = Order & { version: string };

const oneOrder = z.object({ result: order });
const openOrder = z
  .object({ result: order, version: z.string().default('') })
  .or(z.object({ message: z.string() }));
const manyOrders = z.array(order);

/** What the buyer was shown; what is undefined may be anything. */
interface ExpectedCart {
  total?: number | undefined;
  version?: string | undefined;
}

/** Carts and orders of order-service. Refusals are thrown as HttpError. */
export interface OrderService {
  /** The open order; undefined when there is none. */
  cart(apiKey: string): Promise<Cart | undefined>;
  addItem(apiKey: string, productId: number, quantity: number): Promise<void>;
  setQuantity(apiKey: string, productId: number, quantity: number): Promise<void>;
  removeItem(apiKey: string, productId: number): Promise<void>;
  /** Buys the cart, and no other than the expected one. */
  checkout(apiKey: string, expected: ExpectedCart): Promise<Order>;
  /** A page of orders, newest first: the visitor's own or, for admins, everybody's. It includes open orders. */
  orders(
    apiKey: string,
    page: { limit: number; before?: number | undefined; all?: boolean },
  ): Promise<Order[]>;
}

export function createOrderService(service: ServiceClient): OrderService {
  return {
    async cart(apiKey) {
      const answer = await ask(service, { path: '/api/order', apiKey }, openOrder);
      return 'result' in answer ? { ...answer.result, version: answer.version } : undefined;
    },
    async addItem(apiKey, productId, quantity) {
      const body = { product_id: productId, qty: quantity };
      await ask(service, { method: 'POST', path: '/api/order/add-item', apiKey, body }, oneOrder);
    },
    async setQuantity(apiKey, productId, quantity) {
      const path = `/api/order/item/${productId}`;
      await ask(service, { method: 'PUT', path, apiKey, body: { qty: quantity } }, oneOrder);
    },
    async removeItem(apiKey, productId) {
      const path = `/api/order/remove-item/${productId}`;
      await ask(service, { method: 'DELETE', path, apiKey }, oneOrder);
    },
    async checkout(apiKey, { total, version }) {
      const body = { expected_total: total, expected_version: version };
      const request = { method: 'POST', path: '/api/order/checkout', apiKey, body } as const;
      return (await ask(service, request, oneOrder)).result;
    },
    orders(apiKey, { limit, before, all }) {
      const path = `/api/orders?limit=${limit}${before ? `&before=${before}` : ''}${all ? '&all=true' : ''}`;
      return ask(service, { path, apiKey }, manyOrders);
    },
  };
}
