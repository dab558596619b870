import { Router } from 'express';
import { onlyAllow } from '../access';
import { optionalId } from '../input';
import { listPage } from '../list-page';
import type { Shop } from '../shop';

const PAGE_SIZE = 20;

/** A visitor's past orders. */
export function orderRoutes({ access, show, orders }: Shop): Router {
  const router = Router();

  const showOrders = access.forVisitors(async ({ apiKey }, request, response) => {
    const before = optionalId(request.query.before);
    const { entries, next } = listPage(
      await orders.orders(apiKey, { limit: PAGE_SIZE + 1, before }),
      PAGE_SIZE,
    );
    show(request, response, 'orders', {
      orders: entries.filter((order) => !order.is_open),
      isFirst: before === undefined,
      before: next,
    });
  });

  router.route('/orders').get(showOrders).all(onlyAllow('GET'));
  return router;
}
