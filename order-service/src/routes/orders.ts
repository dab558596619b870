import type { Api } from '@vitrine/service-kit/api';
import { requireApiKey } from '@vitrine/service-kit/api-key';
import { HttpError } from '@vitrine/service-kit/http-error';
import { integer, MAX_ID } from '@vitrine/service-kit/input';
import { z } from 'zod';
import type { Dependencies } from '../dependencies';
import { askCaller } from '../neighbours';
import { asStored, order } from '../order';
import { listOrders } from '../order-repository';

const query = z.object({
  limit: integer(1, 100).default(20),
  before: integer(1, MAX_ID + 1)
    .default(MAX_ID + 1)
    .describe('Only orders with an id below this one'),
  all: z
    .enum(['true', 'false'], 'must be true or false')
    .default('false')
    .transform((all) => all === 'true'),
});

/** The route of past and open orders. It does not need product-service: names and prices are stored with the order. */
export function addOrderRoutes(api: Api, { database, userService }: Dependencies): void {
  api.route({
    method: 'get',
    path: '/api/orders',
    summary: 'The caller’s orders, newest first; everyone’s for an administrator who asks for all',
    needsApiKey: true,
    context: (request) => askCaller(userService, requireApiKey(request)),
    query,
    reply: z.array(order),
    failures: { 403: 'Only administrators may ask for all orders' },
    handler: async ({ context: caller, query: { all, before, limit } }) => {
      if (all && !caller.is_admin) throw new HttpError(403, 'Only administrators may see everyone’s orders');
      const stored = await listOrders(database, { before, limit, ...(!all && { userId: caller.id }) });
      return stored.map(asStored);
    },
  });
}
