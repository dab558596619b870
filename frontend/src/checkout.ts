import { type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { HttpError } from '@vitrine/service-kit/http-error';
import type { Order, OrderService } from './order-service';
import type { Visitor } from './session';

/** Why there is nothing to check out: a stranger, or a cart with nothing in it. */
type Invalid = 'unauthorized' | 'no_order';

const tracer = trace.getTracer('frontend');

/** Span `checkout_validation`: is the visitor logged in, and is there anything in the cart? */
export function validateCheckout(
  orders: OrderService,
  visitor: Visitor | undefined,
): Promise<'valid' | Invalid> {
  return inSpan('checkout_validation', async (span) => {
    const conclude = <Status extends 'valid' | Invalid>(status: Status) => {
      span.setAttribute('checkout.status', status);
      span.addEvent('checkout.validated', { 'checkout.status': status });
      return status;
    };
    if (!visitor) return conclude('unauthorized');
    span.setAttribute('user.id', String(visitor.id));
    const cart = await orders.cart(visitor.apiKey);
    span.addEvent('cart.read');
    if (!cart || cart.items.length === 0) return conclude('no_order');
    span.setAttributes({
      'order.id': cart.id,
      'order.items_count': cart.items.reduce((count, item) => count + item.quantity, 0),
      'order.total_price': cart.total,
    });
    return conclude('valid');
  });
}

/** Span `checkout_process`: the open order becomes a placed one. A refusal of order-service's is thrown as HttpError. */
export function processCheckout(orders: OrderService, visitor: Visitor): Promise<Order> {
  return inSpan('checkout_process', async (span) => {
    span.setAttributes({ 'process.user_id': String(visitor.id), 'process.status': 'failed' });
    const order = await orders.checkout(visitor.apiKey);
    span.setAttributes({ 'process.status': 'success', 'process.order_id': order.id });
    span.addEvent('checkout.completed');
    return order;
  });
}

function inSpan<Result>(name: string, work: (span: Span) => Promise<Result>): Promise<Result> {
  return tracer.startActiveSpan(name, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      const isRefusal = error instanceof HttpError && error.status < 500;
      if (!isRefusal) span.setStatus({ code: SpanStatusCode.ERROR });
      if (!isRefusal && error instanceof Error) span.setAttribute('error.type', error.name);
      throw error;
    } finally {
      span.end();
    }
  });
}
