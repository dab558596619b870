import type { Api } from '@vitrine/service-kit/api';
import { requireApiKey } from '@vitrine/service-kit/api-key';
import { id, integer } from '@vitrine/service-kit/input';
import type { Request } from 'express';
import { z } from 'zod';
import { addToCart, changeQuantity, checkOut, noItem, readCart, removeFromCart } from '../cart';
import type { Dependencies } from '../dependencies';
import { askCaller, createCatalogue } from '../neighbours';
import { order, versionOf } from '../order';

const quantity = integer(1, 99).meta({ example: 1 });
const productId = integer(1, Number.MAX_SAFE_INTEGER).meta({ example: 1 });
const expectedTotal = integer(0, Number.MAX_SAFE_INTEGER).describe(
  'What the buyer was shown, in whole dollars; nothing is bought at another total',
);
const version = z
  .string()
  .describe('Another one as soon as a line, a name or a price is another; a checkout can be bound to it');
const expectedVersion = z
  .string()
  .describe('The version of the order that the buyer was shown; nothing else is bought');
const reply = z.object({ result: order });

/** Routes of the caller's open order. */
export function addCartRoutes(
  api: Api,
  { database, userService, productService, neighboursMs }: Dependencies,
): void {
  const forCaller = {
    needsApiKey: true,
    async context(request: Request) {
      const endsAt = performance.now() + neighboursMs;
      const { id: userId } = await askCaller(userService, requireApiKey(request));
      return { userId, sources: { database, catalogue: createCatalogue(productService, endsAt) } };
    },
  };
  const params = z.object({ product_id: id.meta({ example: 1 }) });

  api.route({
    ...forCaller,
    method: 'get',
    path: '/api/order',
    summary: 'The open order, at today’s names and prices',
    reply: z.union([reply.extend({ version }), z.object({ message: z.string() })]),
    handler: async ({ context: { userId, sources } }) => {
      const cart = await readCart(sources, userId);
      return cart ? { result: cart, version: versionOf(cart) } : { message: 'No order found' };
    },
  });

  api.route({
    ...forCaller,
    method: 'post',
    path: '/api/order/add-item',
    summary: 'Add to the open order; opens one when there is none',
    body: z.object({ product_id: productId, qty: quantity }),
    reply,
    failures: { 404: 'No such product' },
    handler: async ({ context: { userId, sources }, body }) => {
      const line = { productId: body.product_id, quantity: body.qty };
      return { result: await addToCart(sources, userId, line) };
    },
  });

  api.route({
    ...forCaller,
    method: 'put',
    path: '/api/order/item/:product_id',
    summary: 'Set the quantity of a line',
    params,
    notFound: noItem,
    body: z.object({ qty: quantity }),
    reply,
    failures: { 404: 'No open order, or no such line in it' },
    handler: async ({ context: { userId, sources }, params, body }) => {
      const line = { productId: params.product_id, quantity: body.qty };
      return { result: await changeQuantity(sources, userId, line) };
    },
  });

  api.route({
    ...forCaller,
    method: 'delete',
    path: '/api/order/remove-item/:product_id',
    summary: 'Remove a line',
    params,
    notFound: noItem,
    reply,
    failures: { 404: 'No open order, or no such line in it' },
    handler: async ({ context: { userId, sources }, params }) => ({
      result: await removeFromCart(sources, userId, params.product_id),
    }),
  });

  api.route({
    ...forCaller,
    method: 'post',
    path: '/api/order/checkout',
    summary: 'Buy what is in the open order',
    body: z.object({
      expected_total: expectedTotal.optional(),
      expected_version: expectedVersion.optional(),
    }),
    reply,
    failures: {
      404: 'No open order',
      409: 'It is empty, holds a product that is no longer sold, or has another version or another total than expected',
    },
    handler: async ({ context: { userId, sources }, body }) => ({
      result: await checkOut(sources, userId, {
        total: body.expected_total,
        version: body.expected_version,
      }),
    }),
  });
}
