import type { Test } from 'supertest';
import { describe, expect } from 'vitest';
import { elapsed } from '../../test/elapsed';
import { timeLimits } from '../../test/time-limits';
import { untilServed } from '../../test/until-served';
import { aProduct, changes, productOf, test } from './product-service';

test.override('limits', timeLimits.service);

const reads = ['/api/products', '/api/product/1', '/api/product/laptop-pro'];

/** The service waits a second for its database and 1.2 s for user-service; waiting twice would take longer than this. */
const IN_TIME_MS = 1900;

const unavailable = (part: string) => ({ message: `${part} is not available` });

describe('the database', () => {
  test.for(['gone', 'hanging'] as const)(
    'When it is %s, then every route answers 503 in time and changes nothing, and works again once it is back',
    async (state, { service }) => {
      const before = await service.api.get('/api/products');
      service.proxy.pretend(state);
      const asks = [
        ...reads.map((path) => service.admin.get(path)),
        ...changes.map(([method, path]) => service.admin[method](path).send(aProduct())),
      ];
      await Promise.all(
        asks.map(async (ask) => {
          const { value: reply, ms } = await elapsed(ask);
          const what = `${ask.method} ${ask.url}`;
          expect(reply, what).toMatchObject({ status: 503, body: unavailable(service.schema) });
          expect(reply.headers['retry-after'], what).toBe('1');
          expect(ms, what).toBeLessThan(IN_TIME_MS);
        }),
      );
      await service.api
        .get('/readyz')
        .expect(503, { status: 'unavailable', dependencies: { product_dbase: 'unavailable' } });
      await service.api.get('/healthz').expect(200, { status: 'ok' });

      service.proxy.pretend('there');
      expect(await untilServed(() => service.api.get('/readyz'))).toMatchObject({ status: 200 });
      const readAgain = () => untilServed(() => service.api.get('/api/products'));
      const replies = await Promise.all(Array.from({ length: 20 }, readAgain));
      for (const reply of replies) expect(reply).toMatchObject({ status: 200, body: before.body });
    },
  );

  test('When it hangs during a change, then a change that was answered with 503 is not made later', async ({
    service,
  }) => {
    const json = aProduct();
    const { id } = productOf(await service.admin.post('/api/product/create').send(json));
    const tenAtOnce = (ask: () => Test) => Promise.all(Array.from({ length: 10 }, ask));
    // This prepares the statements on every connection, so that a change is one message.
    await tenAtOnce(() => service.admin.put(`/api/product/${id}`).send(json));
    await tenAtOnce(() => service.admin.delete('/api/product/4294967295'));
    service.proxy.pretend('hanging');
    const replies = await Promise.all([
      tenAtOnce(() => service.admin.put(`/api/product/${id}`).send(aProduct())),
      tenAtOnce(() => service.admin.delete(`/api/product/${id}`)),
    ]);
    for (const { status } of replies.flat()) expect(status).toBe(503);
    service.proxy.pretend('there');
    for (const _ of replies.flat())
      expect(await untilServed(() => service.api.get(`/api/product/${id}`))).toMatchObject({
        body: { result: json },
      });
  });

  test('When it hangs under load, then no request waits longer than a single one would', async ({
    service,
  }) => {
    service.proxy.pretend('hanging');
    const { ms } = await elapsed(
      Promise.all(
        Array.from({ length: 100 }, async () => {
          await service.api.get('/api/products').expect(503);
        }),
      ),
    );
    // Ten connections and a second each: in turn the hundred would take ten seconds.
    expect(ms).toBeLessThan(5000);
  });

  test('When idle connections have been cut, then the next requests open new ones', async ({ service }) => {
    await Promise.all(Array.from({ length: 10 }, () => service.api.get('/api/products')));
    service.proxy.pretend('gone');
    service.proxy.pretend('there');
    const replies = await Promise.all(Array.from({ length: 10 }, () => service.api.get('/api/products')));
    expect(replies.map(({ status }) => status)).toEqual(Array(10).fill(200));
  });
});

describe('user-service', () => {
  test('When it hangs, then changes are answered with 503 in time, and reads still work', async ({
    service,
  }) => {
    service.userService.mode = 'hang';
    await Promise.all([
      ...changes.map(async ([method, path]) => {
        const { value: reply, ms } = await elapsed(service.admin[method](path).send(aProduct()));
        expect(reply, method).toMatchObject({ status: 503, body: unavailable('user-service') });
        expect(ms, method).toBeLessThan(IN_TIME_MS);
      }),
      service.api.get('/api/product/1').expect(200),
    ]);
  });

  test.for(changes)(
    'When it cuts connections, then %s %s asks it twice and answers 503',
    async ([method, path], { service }) => {
      service.userService.mode = 'cut';
      await service.admin[method](path).send(aProduct()).expect(503, unavailable('user-service'));
      expect(service.userService.requests).toHaveLength(2);
    },
  );

  test.for(changes)(
    'When it is gone, then %s %s answers 503, and reads still work',
    async ([method, path], { service }) => {
      await service.userService.stop();
      try {
        await service.admin[method](path).send(aProduct()).expect(503, unavailable('user-service'));
        await service.api.get('/api/products').expect(200);
      } finally {
        await service.userService.start();
      }
      const added = await service.admin.post('/api/product/create').send(aProduct());
      expect(productOf(added).id).toBeGreaterThan(10);
    },
  );

  test.for<[what: string, status: number, body: unknown, part: string]>([
    ['has a bug', 500, { message: 'Something went wrong' }, 'user-service'],
    ['cannot reach its database', 503, { message: 'user_dbase is not available' }, 'user_dbase'],
    ['names nothing', 503, {}, 'user-service'],
    ['answers no JSON', 200, '<html>', 'user-service'],
    ['answers nonsense', 200, { result: { is_admin: 'yes' } }, 'user-service'],
    ['answers null', 200, null, 'user-service'],
    ['refuses the request', 400, { message: 'Invalid input' }, 'user-service'],
  ])('When it %s, then 503 names the part at fault', async ([, status, body, part], { service }) => {
    service.userService.routes = { 'GET /api/user': { status, body } };
    await service.admin.delete('/api/product/1').expect(503, unavailable(part));
    await service.api.get('/api/product/1').expect(200);
  });
});
