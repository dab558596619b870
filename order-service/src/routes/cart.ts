import type { Api } from '@vitrine/service-kit/api';
import { requireApiKey } from '@vitrine/service-kit/api-key';
import { HttpError } from '@vitrine/service-kit/http-error';
import { id, integer } from '@vitrine/service-kit/input';
import type { Request } from 'express';
import { z } from 'zod';
import { addToCart, changeQuantity, checkOut, noItem, removeFromCart } from '../cart';
import type { Dependencies } from '../dependencies';
import { askCaller, askCatalogue } from '../neighbours';
import { atTodaysPrices, order } from '../order';
import { findOpenOrder } from '../order-repository';

const quantity = integer(1, 99).meta({ example: 1 });
const productId = integer(1, Number.MAX_SAFE_INTEGER).meta({ example: 1 });
const expectedTotal = integer(0, Number.MAX_SAFE_INTEGER).describe(
  'What the buyer was shown, in whole dollars; nothing is bought at another total',
);
const reply = z.object({ result: order });

/** Routes of the caller's open order. */
export function addCartRoutes(api: Api, { database, userService, productService }: Dependencies): void {
  const forCaller = {
    needsApiKey: true,
    async context(request: Request) {
      const apiKey = requireApiKey(request);
      const [caller, catalogue] = await Promise.all([
        askCaller(userService, apiKey),
        askCatalogue(productService),
      ]);
      return { userId: caller.id, catalogue };
    },
  };
  const params = z.object({ product_id: id.meta({ example: 1 }) });

  api.route({
    ...forCaller,
    method: 'get',
    path: '/api/order',
    summary: 'The open order, at today’s names and prices',
    reply: z.union([reply, z.object({ message: z.string() })]),
    handler: async ({ context: { userId, catalogue } }) => {
      const stored = await findOpenOrder(database, userId);
      return stored ? { result: atTodaysPrices(stored, catalogue) } : { message: 'No order found' };
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
    handler: async ({ context: { userId, catalogue }, body }) => {
      const product = catalogue.get(body.product_id);
      if (!product) throw new HttpError(404, 'Cannot find product');
      const stored = await addToCart(database, userId, { product, quantity: body.qty });
      return { result: atTodaysPrices(stored, catalogue) };
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
    handler: async ({ context: { userId, catalogue }, params, body }) => {
      const line = { productId: params.product_id, quantity: body.qty };
      return { result: atTodaysPrices(await changeQuantity(database, userId, line), catalogue) };
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
    handler: async ({ context: { userId, catalogue }, params }) => {
      const stored = await removeFromCart(database, userId, params.product_id);
      return { result: atTodaysPrices(stored, catalogue) };
    },
  });

  api.route({
    ...forCaller,
    method: 'post',
    path: '/api/order/checkout',
    summary: 'Buy what is in the open order',
    body: z.object({ expected_total: expectedTotal.optional() }),
    reply,
    failures: {
      404: 'No open order',
      409: 'It is empty, holds a product that is no longer sold, or has another total than expected',
    },
    handler: async ({ context: { userId, catalogue }, body }) => ({
      result: await checkOut(database, userId, catalogue, body.expected_total),
    }),
  });
}
