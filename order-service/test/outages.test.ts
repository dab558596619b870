import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'supertest';
import { describe, expect } from 'vitest';
import { elapsed } from '../../test/elapsed';
import { timeLimits } from '../../test/time-limits';
import { untilServed } from '../../test/until-served';
import { type Customer, orderOf, test } from './order-service';

test.override('limits', timeLimits.service);

/** The service waits a second for its database; waiting twice would take longer than this. */
const DATABASE_IN_TIME_MS = 1900;
/** It waits 1.2 s for a neighbour. */
const NEIGHBOUR_IN_TIME_MS = 2300;
/** It waits 1.5 s for both; the frontend waits 1.8 s. */
const NEIGHBOURS_IN_TIME_MS = 2050;
/** It waits for nothing. */
const AT_ONCE_MS = 1100;

/** Builds a request to every route of a cart. */
const cartRequests = (customer: Customer, productId: number) => [
  customer.cart(),
  customer.add(productId, 2),
  customer.setQuantity(productId, 2),
  customer.remove(productId),
  customer.checkOut(),
];

/** Builds a request to every route. */
const allRequests = (customer: Customer, productId: number) => [
  ...cartRequests(customer, productId),
  customer.api.get('/api/orders'),
];

/** Sends all requests at once; each must be answered in time, with 503 that names the part. */
async function expectUnavailable(requests: Test[], { part, limitMs }: { part: string; limitMs: number }) {
  await Promise.all(
    requests.map(async (request) => {
      const { value: reply, ms } = await elapsed(request);
      const what = `${request.method} ${request.url}`;
      expect(reply, what).toMatchObject({ status: 503, body: { message: `${part} is not available` } });
      expect(reply.headers['retry-after'], what).toBe('1');
      expect(ms, what).toBeLessThan(limitMs);
    }),
  );
}

describe('the database', () => {
  test.for(['gone', 'hanging'] as const)(
    'When it is %s, then every route answers 503 in time and changes nothing, and works again once it is back',
    async (state, { service }) => {
      const customer = service.aCustomer();
      const { id } = service.aProduct();
      const before = orderOf(await untilServed(() => customer.add(id)));
      // This prepares the statements on every connection.
      await Promise.all(Array.from({ length: 20 }, () => customer.setQuantity(id, 1)));
      service.proxy.pretend(state);
      const { database: part } = service.settings;
      await expectUnavailable(allRequests(customer, id), { part, limitMs: DATABASE_IN_TIME_MS });
      await service.api
        .get('/readyz')
        .expect(503, { status: 'unavailable', dependencies: { order_dbase: 'unavailable' } });
      service.proxy.pretend('there');
      const carts = await Promise.all(Array.from({ length: 20 }, () => untilServed(() => customer.cart())));
      expect(carts.map(orderOf)).toEqual(Array(20).fill(before));
      expect(await untilServed(() => service.api.get('/readyz'))).toMatchObject({ status: 200 });
      expect(orderOf(await untilServed(() => customer.checkOut()))).toMatchObject({
        id: before.id,
        items: [{ quantity: 1 }],
      });
    },
  );

  test('When a cart stays locked, then its customer gets 503 in time and others can shop', async ({
    service,
  }) => {
    const [stuck, other] = [service.aCustomer(), service.aCustomer()];
    const { id } = service.aProduct();
    const { id: orderId } = orderOf(await stuck.add(id));
    const release = await service.lockOrder(orderId);
    const [held, free] = await Promise.all([elapsed(stuck.add(id)), elapsed(other.add(id))]);
    await release();
    expect(held.value).toMatchObject({ status: 503 });
    expect(held.ms).toBeLessThan(DATABASE_IN_TIME_MS);
    expect(free.value).toMatchObject({ status: 200 });
    expect(orderOf(await untilServed(() => stuck.add(id))).items).toMatchObject([{ quantity: 2 }]);
  });
});

describe.for(['user-service', 'product-service'] as const)('%s', (part) => {
  const requests = part === 'user-service' ? allRequests : cartRequests;

  test.for(['hang', 'cut', 'stop'] as const)(
    'When it is made to %s, then every route that needs it answers 503 in time, and works again once it is back',
    async (fault, { service }) => {
      const neighbour = part === 'user-service' ? service.userService : service.productService;
      const customer = service.aCustomer();
      const { id } = service.aProduct();
      const before = orderOf(await customer.add(id));
      if (fault === 'stop') await neighbour.stop();
      else neighbour.mode = fault;
      try {
        await expectUnavailable(requests(customer, id), { part, limitMs: NEIGHBOUR_IN_TIME_MS });
        if (part === 'product-service') expect(await customer.orders()).toEqual([before]);
      } finally {
        if (fault === 'stop') await neighbour.start();
        else neighbour.mode = 'answer';
      }
      expect(orderOf(await untilServed(() => customer.cart()))).toEqual(before);
    },
  );

  test.for<[what: string, status: number, body: unknown, named: string]>([
    ['has a bug', 500, { message: 'Something went wrong' }, part],
    ['cannot reach its database', 503, { message: 'some_dbase is not available' }, 'some_dbase'],
    ['answers no JSON', 200, '<html>', part],
    ['answers nonsense', 200, { result: 1, results: 'x' }, part],
    ['answers null', 200, null, part],
    ['is overloaded', 429, { message: 'Too many' }, part],
  ])('When it %s, then 503 names the part at fault', async ([, status, body, named], { service }) => {
    const neighbour = part === 'user-service' ? service.userService : service.productService;
    const customer = service.aCustomer();
    await customer.add(service.aProduct().id);
    const route = part === 'user-service' ? 'GET /api/user' : 'GET /api/products';
    neighbour.routes = { [route]: { status, body } };
    await expectUnavailable(requests(customer, 1), { part: named, limitMs: AT_ONCE_MS });
  });
});

test('When both neighbours hang, then the answer takes no longer than for one', async ({ service }) => {
  service.userService.mode = service.productService.mode = 'hang';
  const { value: reply, ms } = await elapsed(service.aCustomer().cart());
  expect(reply.status).toBe(503);
  expect(ms).toBeLessThan(NEIGHBOUR_IN_TIME_MS);
});

test('When user-service is late and product-service hangs, then 503 names product-service in time', async ({
  service,
}) => {
  const customer = service.aCustomer();
  const { id } = service.aProduct();
  await customer.add(id);
  const [route, answer] = ['GET /api/user', service.userService.routes['GET /api/user']];
  if (typeof answer !== 'function') throw new Error(`No function answers ${route}`);
  service.userService.routes = { [route]: (request) => delay(900).then(() => answer(request)) };
  service.productService.mode = 'hang';
  const limitMs = NEIGHBOURS_IN_TIME_MS;
  await expectUnavailable(cartRequests(customer, id), { part: 'product-service', limitMs });
});

test('When the api key is unknown and product-service hangs, then 401 does not wait for product-service', async ({
  service,
}) => {
  service.productService.mode = 'hang';
  const { value: reply, ms } = await elapsed(
    service.api.get('/api/order').auth('unknown', { type: 'bearer' }),
  );
  expect(reply.status).toBe(401);
  expect(ms).toBeLessThan(AT_ONCE_MS);
});
