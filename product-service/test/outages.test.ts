import { describe, expect } from 'vitest';
import { elapsed } from '../../test/elapsed';
import type { RequestParts } from '../../test/request';
import { ADMIN_KEY, aProduct, productOf, test } from './product-service';

const asAdmin = { apiKey: ADMIN_KEY };
const routes = [
  'GET /api/products',
  'GET /api/product/1',
  'GET /api/product/laptop-pro',
  'POST /api/product/create',
  'PUT /api/product/1',
  'DELETE /api/product/1',
];
const changes = routes.slice(3);

describe('the database', () => {
  test.for(['gone', 'hanging'] as const)(
    'When it is %s, then every route says so within 1.1 s and nothing is changed; when back, all is well',
    async (state, { service }) => {
      const before = await service.request('GET /api/products');
      service.proxy.pretend(state);
      await Promise.all(
        routes.map(async (route) => {
          const parts = route.startsWith('GET') ? asAdmin : { ...asAdmin, json: aProduct() };
          const { value: reply, ms } = await elapsed(service.request(route, parts));
          expect(reply, route).toMatchObject({
            status: 503,
            body: { message: `${service.schema} is not available` },
          });
          expect(reply.headers.get('retry-after')).toBe('1');
          expect(ms, route).toBeLessThan(1400);
        }),
      );
      expect(await service.request('GET /readyz')).toMatchObject({
        status: 503,
        body: { status: 'unavailable', dependencies: { product_dbase: 'unavailable' } },
      });
      expect(await service.request('GET /healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });

      service.proxy.pretend('there');
      expect(await service.request('GET /readyz')).toMatchObject({ status: 200 });
      const replies = await Promise.all(
        Array.from({ length: 20 }, () => service.request('GET /api/products')),
      );
      for (const reply of replies) expect(reply).toMatchObject({ status: 200, body: before.body });
    },
  );

  test('When it hangs during a change, then what was told to have failed is not done later', async ({
    service,
  }) => {
    const json = aProduct();
    const { id } = productOf(await service.request('POST /api/product/create', { ...asAdmin, json }));
    const tenAtOnce = (route: string, parts: RequestParts) =>
      Promise.all(Array.from({ length: 10 }, () => service.request(route, { ...asAdmin, ...parts })));
    // So that all connections know the statements, and a change is one message.
    await tenAtOnce(`PUT /api/product/${id}`, { json });
    await tenAtOnce('DELETE /api/product/4294967295', {});
    service.proxy.pretend('hanging');
    const replies = await Promise.all([
      tenAtOnce(`PUT /api/product/${id}`, { json: aProduct() }),
      tenAtOnce(`DELETE /api/product/${id}`, {}),
    ]);
    for (const { status } of replies.flat()) expect(status).toBe(503);
    service.proxy.pretend('there');
    for (const _ of replies.flat())
      expect(await service.request(`GET /api/product/${id}`)).toMatchObject({ body: { result: json } });
  });

  test('When it hangs under load, then nobody waits longer for the crowd', async ({ service }) => {
    service.proxy.pretend('hanging');
    const { ms } = await elapsed(
      Promise.all(
        Array.from({ length: 100 }, async () => {
          expect(await service.request('GET /api/products')).toMatchObject({ status: 503 });
        }),
      ),
    );
    expect(ms).toBeLessThan(1500);
  });

  test('When its connections were cut while idle, then the next request gets new ones', async ({
    service,
  }) => {
    await Promise.all(Array.from({ length: 10 }, () => service.request('GET /api/products')));
    service.proxy.pretend('gone');
    service.proxy.pretend('there');
    const replies = await Promise.all(Array.from({ length: 10 }, () => service.request('GET /api/products')));
    expect(replies.map(({ status }) => status)).toEqual(Array(10).fill(200));
  });
});

describe('user-service', () => {
  const unavailable = { status: 503, body: { message: 'user-service is not available' } };

  test('When it hangs, then changes say so within its limit, and reading goes on', async ({ service }) => {
    service.userService.mode = 'hang';
    await Promise.all([
      ...changes.map(async (route) => {
        const { value: reply, ms } = await elapsed(service.request(route, { ...asAdmin, json: aProduct() }));
        expect(reply, route).toMatchObject(unavailable);
        expect(ms, route).toBeLessThan(1500);
      }),
      expect(service.request('GET /api/product/1')).resolves.toMatchObject({ status: 200 }),
    ]);
  });

  test.for(changes)(
    'When it cuts connections, then %s tries twice and says so',
    async (route, { service }) => {
      service.userService.mode = 'cut';
      expect(await service.request(route, { ...asAdmin, json: aProduct() })).toMatchObject(unavailable);
      expect(service.userService.requests).toHaveLength(2);
    },
  );

  test.for(changes)('When it is gone, then %s says so, and reading goes on', async (route, { service }) => {
    await service.userService.stop();
    try {
      expect(await service.request(route, { ...asAdmin, json: aProduct() })).toMatchObject(unavailable);
      expect(await service.request('GET /api/products')).toMatchObject({ status: 200 });
    } finally {
      await service.userService.start();
    }
    const added = await service.request('POST /api/product/create', { ...asAdmin, json: aProduct() });
    expect(productOf(added).id).toBeGreaterThan(10);
  });

  test.for<[what: string, status: number, body: unknown, part: string]>([
    ['has a bug', 500, { message: 'Something went wrong' }, 'user-service'],
    ['misses its database', 503, { message: 'user_dbase is not available' }, 'user_dbase'],
    ['names nothing', 503, {}, 'user-service'],
    ['answers no JSON', 200, '<html>', 'user-service'],
    ['answers nonsense', 200, { result: { is_admin: 'yes' } }, 'user-service'],
    ['answers null', 200, null, 'user-service'],
    ['refuses the request', 400, { message: 'Invalid input' }, 'user-service'],
  ])('When it %s, then 503 names the part at fault', async ([, status, body, part], { service }) => {
    service.userService.routes = { 'GET /api/user': { status, body } };
    const reply = await service.request('DELETE /api/product/1', asAdmin);
    expect(reply).toMatchObject({ status: 503, body: { message: `${part} is not available` } });
    expect(await service.request('GET /api/product/1')).toMatchObject({ status: 200 });
  });
});
