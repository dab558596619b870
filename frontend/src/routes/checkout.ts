import { sampledSpan } from '@vitrine/service-kit/telemetry/spans';
import { type RequestHandler, Router } from 'express';
import { onlyAllow } from '../access';
import { processCheckout, validateCheckout } from '../checkout';
import { redirectWith, takeNotice } from '../notice';
import { refusalOf } from '../refusal';
import { knownVisitorOf } from '../session';
import type { Shop } from '../shop';

/** Places the order, and thanks for it. */
export function checkoutRoutes({ access, show, orders }: Shop): Router {
  const router = Router();

  const recordAnonymous: RequestHandler = async (request, _response, next) => {
    if (!knownVisitorOf(request)) await validateCheckout(orders, undefined);
    next();
  };

  const process = access.forVisitors(async (visitor, _request, response) => {
    if ((await validateCheckout(orders, visitor)) === 'no_order') {
      return redirectWith(response, '/checkout', { kind: 'emptyCart' });
    }
    try {
      const { id, total } = await processCheckout(orders, visitor);
      redirectWith(response, '/order/thank-you', {
        kind: 'ordered',
        order: id,
        total,
        traceId: sampledSpan()?.traceId,
      });
    } catch (error) {
      const kind = refusalOf(error, 404, 409).status === 404 ? 'emptyCart' : 'notSold';
      redirectWith(response, '/checkout', { kind });
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
