import { id, integer } from '@vitrine/service-kit/input';
import { spans } from '@vitrine/service-kit/registry/shop';
import { inSpan } from '@vitrine/service-kit/telemetry/spans';
import { z } from 'zod';
import type { Order, OrderService } from './order-service';
import type { Visitor } from './session';

const amount = integer(0, Number.MAX_SAFE_INTEGER);

/**
 * What the form to order carries of the cart that its page showed: the order's id, its total in whole dollars, its pieces,
 * and order-service's version of it. A form without them orders the cart as it is.
 */
export const shownCart = z.object({ order: id, total: amount, items: amount, version: z.string() }).partial();

type ShownCart = z.output<typeof shownCart>;
type CartSummary = Record<'order' | 'total' | 'items', number>;

/** Why a checkout is invalid: the visitor is not logged in, or the cart is empty. */
type Invalid = 'unauthorized' | 'no_order';

/**
 * Checks that the visitor is logged in and the cart is not empty, in a span. A form that tells all of the cart is believed
 * here: order-service, which is asked next, buys no other. Without it the cart is read.
 *
 * @returns the cart to order; undefined when there is none
 */
export function validateCheckout(
  orders: OrderService,
  visitor: Visitor | undefined,
  shown: ShownCart = {},
): Promise<CartSummary | undefined> {
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
    const cart = summaryOf(shown) ?? (await readSummary(orders, visitor));
    if (!cart || cart.items === 0) {
      conclude('no_order');
      return undefined;
    }
    span.set({
      'order.id': cart.order,
      'order.items_count': cart.items,
      'order.total_price': cart.total,
    });
    conclude('valid');
    return cart;
  });
}

/** Undefined for a form that does not tell all, or not which version. */
function summaryOf({ order, total, items, version }: ShownCart): CartSummary | undefined {
  if (order === undefined || total === undefined || items === undefined || !version) return undefined;
  return { order, total, items };
}

async function readSummary(orders: OrderService, { apiKey }: Visitor): Promise<CartSummary | undefined> {
  const cart = await orders.cart(apiKey);
  if (!cart) return undefined;
  const { id: order, total, items } = cart;
  return { order, total, items: items.reduce((sum, { quantity }) => sum + quantity, 0) };
}

/** Places the open order, in a span. Throws order-service's refusal as an HttpError. */
export function processCheckout(orders: OrderService, visitor: Visitor, expected: ShownCart): Promise<Order> {
  return inSpan(spans.checkoutProcess, async (span) => {
    span.set({ 'process.user_id': String(visitor.id), 'process.status': 'failed' });
    const order = await orders.checkout(visitor.apiKey, expected);
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
