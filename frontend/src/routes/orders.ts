import { Router } from 'express';
import { onlyAllow } from '../access';
import { optionalId } from '../input';
import type { Shop } from '../shop';

const PAGE_SIZE = 20;

/** A visitor's past orders. */
export function orderRoutes({ access, show, orders }: Shop): Router {
  const router = Router();

  const showOrders = access.forVisitors(async ({ apiKey }, request, response) => {
    const before = optionalId(request.query.before);
    const page = await orders.orders(apiKey, { limit: PAGE_SIZE, before });
    show(request, response, 'orders', {
      orders: page.filter((order) => !order.is_open),
      isFirst: before === undefined,
      before: page.length === PAGE_SIZE ? page.at(-1)?.id : undefined,
    });
  });

  router.route('/orders').get(showOrders).all(onlyAllow('GET'));
  return router;
}
