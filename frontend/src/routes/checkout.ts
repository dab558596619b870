import type { HttpError } from '@vitrine/service-kit/http-error';
import { parseInput } from '@vitrine/service-kit/input';
import { sampledSpan } from '@vitrine/service-kit/telemetry/spans';
import { type RequestHandler, Router } from 'express';
import { onlyAllow } from '../access';
import { findPlacedOrder, processCheckout, shownCart, validateCheckout } from '../checkout';
import { redirectWith, takeNotice } from '../notice';
import type { Order } from '../order-service';
import { fieldErrors, refusalOf } from '../refusal';
import { knownVisitorOf } from '../session';
import type { Shop } from '../shop';

/** Places the order, and thanks for it. */
export function checkoutRoutes({ access, show, orders }: Shop): Router {
  const router = Router();

  const recordAnonymous: RequestHandler = async (request, _response, next) => {
    if (!knownVisitorOf(request)) await validateCheckout(orders, undefined);
    next();
  };

  const process = access.forVisitors(async (visitor, request, response) => {
    const shown = parseInput(shownCart, request.body ?? {});
    const thank = ({ id, total }: Order, traceId?: string) =>
      redirectWith(response, '/order/thank-you', { kind: 'ordered', order: id, total, traceId });
    // A form that is sent twice, at once or later, finds its order placed: the buyer sees that order.
    const refuse = async (kind: Refusal) => {
      const placed = await findPlacedOrder(orders, visitor, shown.order);
      return placed ? thank(placed) : redirectWith(response, '/checkout', { kind });
    };
    const cart = await validateCheckout(orders, visitor, shown);
    if (!cart) return refuse('emptyCart');
    if ((shown.order ?? cart.order) !== cart.order) return refuse('cartChanged');
    try {
      thank(await processCheckout(orders, visitor, shown), sampledSpan()?.traceId);
    } catch (error) {
      await refuse(kindOf(refusalOf(error, 404, 409)));
    }
  });

  const showThankYou = access.forVisitors(async (_visitor, request, response) => {
    const notice = takeNotice(request, response);
    if (notice?.kind !== 'ordered') return response.redirect(303, '/orders');
    show(request, response, 'thank-you', { order: notice });
  });

  router.route('/checkout/process').post(recordAnonymous, process).all(onlyAllow('POST'));
  router.route('/order/thank-you').get(showThankYou).all(onlyAllow('GET'));
  return router;
}

type Refusal = 'emptyCart' | 'cartChanged' | 'notSold';

function kindOf(refusal: HttpError): Refusal {
  if (refusal.status === 404) return 'emptyCart';
  const fields = fieldErrors(refusal);
  return 'expected_version' in fields || 'expected_total' in fields ? 'cartChanged' : 'notSold';
}
