import { hash } from 'node:crypto';
import { id, integer } from '@vitrine/service-kit/input';
import { spans } from '@vitrine/service-kit/registry/shop';
import { inSpan } from '@vitrine/service-kit/telemetry/spans';
import { z } from 'zod';
import type { Order, OrderService } from './order-service';
import type { Visitor } from './session';

/** What the form to order carries of the cart that its page showed. A form without it orders the cart as it is. */
export const shownCart = z.object({
  order: id.optional(),
  total: integer(0, Number.MAX_SAFE_INTEGER).optional(),
  lines: z.string().optional(),
});

type ShownCart = z.output<typeof shownCart>;

/** A digest of a cart's lines as its page shows them. */
export function digestOfLines({ items }: Order): string {
  const lines = items.map((item) => [item.product_id, item.product_name, item.price, item.quantity]);
  return hash('sha256', JSON.stringify(lines), 'base64url');
}

/** Whether the cart is another than its buyer was shown; order-service compares the total. */
export function isAnotherCart(cart: Order, shown: ShownCart): boolean {
  const { order = cart.id, lines = digestOfLines(cart) } = shown;
  return order !== cart.id || lines !== digestOfLines(cart);
}

/** Why a checkout is invalid: the visitor is not logged in, or the cart is empty. */
type Invalid = 'unauthorized' | 'no_order';

/**
 * Checks that the visitor is logged in and the cart is not empty, in a span.
 *
 * @returns the cart; undefined when it cannot be ordered
 */
export function validateCheckout(
  orders: OrderService,
  visitor: Visitor | undefined,
): Promise<Order | undefined> {
  return inSpan(spans.checkoutValidation, async (span) => {
    const conclude = (status: 'valid' | Invalid) => {
      span.set({ 'checkout.status': status });
      span.event('checkout.validated', { 'checkout.status': status });
    };
    if (!visitor) {
      conclude('unauthorized');
      return undefined;
    }
    span.set({ 'user.id': String(visitor.id) });
    const cart = await orders.cart(visitor.apiKey);
    span.event('cart.read', {});
    if (!cart || cart.items.length === 0) {
      conclude('no_order');
      return undefined;
    }
    span.set({
      'order.id': cart.id,
      'order.items_count': cart.items.reduce((count, item) => count + item.quantity, 0),
      'order.total_price': cart.total,
    });
    conclude('valid');
    return cart;
  });
}

/** Places the open order, in a span. Throws order-service's refusal as an HttpError. */
export function processCheckout(
  orders: OrderService,
  visitor: Visitor,
  expectedTotal: number | undefined,
): Promise<Order> {
  return inSpan(spans.checkoutProcess, async (span) => {
    span.set({ 'process.user_id': String(visitor.id), 'process.status': 'failed' });
    const order = await orders.checkout(visitor.apiKey, expectedTotal);
    span.set({ 'process.status': 'success', 'process.order_id': order.id });
    span.event('checkout.completed', {});
    return order;
  });
}

/** The visitor's order with this id, if it is placed. */
export async function findPlacedOrder(
  orders: OrderService,
  { apiKey }: Visitor,
  orderId: number | undefined,
): Promise<Order | undefined> {
  if (orderId === undefined) return undefined;
  const [found] = await orders.orders(apiKey, { limit: 1, before: orderId + 1 });
  return found?.id === orderId && !found.is_open ? found : undefined;
}
