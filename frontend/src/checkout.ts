import { spans } from '@vitrine/service-kit/registry/shop';
import { inSpan } from '@vitrine/service-kit/telemetry/spans';
import type { Order, OrderService } from './order-service';
import type { Visitor } from './session';

/** Why a checkout is invalid: the visitor is not logged in, or the cart is empty. */
type Invalid = 'unauthorized' | 'no_order';

/** Checks that the visitor is logged in and the cart is not empty, in a span. */
export function validateCheckout(
  orders: OrderService,
  visitor: Visitor | undefined,
): Promise<'valid' | Invalid> {
  return inSpan(spans.checkoutValidation, async (span) => {
    const conclude = <Status extends 'valid' | Invalid>(status: Status) => {
      span.set({ 'checkout.status': status });
      span.event('checkout.validated', { 'checkout.status': status });
      return status;
    };
    if (!visitor) return conclude('unauthorized');
    span.set({ 'user.id': String(visitor.id) });
    const cart = await orders.cart(visitor.apiKey);
    span.event('cart.read', {});
    if (!cart || cart.items.length === 0) return conclude('no_order');
    span.set({
      'order.id': cart.id,
      'order.items_count': cart.items.reduce((count, item) => count + item.quantity, 0),
      'order.total_price': cart.total,
    });
    return conclude('valid');
  });
}

/** Places the open order, in a span. Throws order-service's refusal as an HttpError. */
export function processCheckout(orders: OrderService, visitor: Visitor): Promise<Order> {
  return inSpan(spans.checkoutProcess, async (span) => {
    span.set({ 'process.user_id': String(visitor.id), 'process.status': 'failed' });
    const order = await orders.checkout(visitor.apiKey);
    span.set({ 'process.status': 'success', 'process.order_id': order.id });
    span.event('checkout.completed', {});
    return order;
  });
}
