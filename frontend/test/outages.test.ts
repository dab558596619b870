import { describe, expect } from 'vitest';
import { elapsed } from '../../test/elapsed';
import { timeLimits } from '../../test/time-limits';
import { test } from './shop';

test.override('limits', timeLimits.frontend);

/** The words of a page when the service behind it is away, by service. */
const WORDS = {
  'product-service': 'Les rayons sont fermés',
  'order-service': 'La caisse est fermée',
  'user-service': 'L’accueil est fermé',
};

type Service = keyof typeof WORDS;

/** The frontend waits 1.8 s for a service; waiting twice would take longer than this. */
const IN_TIME_MS = 3500;

const PAGES: Record<Service, string[]> = {
  'product-service': ['/', '/product/laptop-pro'],
  'order-service': ['/checkout', '/orders'],
  'user-service': [],
};
const OTHERS = ['/login', '/register', '/nowhere'];

describe.for(Object.keys(WORDS) as Service[])('%s', (name) => {
  test.for(['stop', 'hang', 'cut'] as const)(
    'When it is made to %s, then its pages answer 503 in time, in words, and all others work',
    async (fault, { shop, alice }) => {
      const service = shop.services[name];
      const statuses = async () =>
        Object.fromEntries(
          await Promise.all(
            [...Object.values(PAGES).flat(), ...OTHERS].map(async (path) => {
              const { value: page, ms } = await elapsed(alice.open(path));
              if (page.status === 503) {
                expect(page.text).toContain(WORDS[name]);
                expect(page.headers.get('retry-after')).toBe('1');
                expect(page.html.querySelector('main a.button')?.getAttribute('href')).toBe(path);
              }
              expect(ms, path).toBeLessThan(IN_TIME_MS);
              return [path, page.status];
            }),
          ),
        );
      const before = await statuses();
      if (fault === 'stop') await service.stop();
      else service.mode = fault;
      try {
        expect(await statuses()).toEqual({
          ...before,
          ...Object.fromEntries(PAGES[name].map((path) => [path, 503])),
        });
      } finally {
        if (fault === 'stop') await service.start();
        else service.mode = 'answer';
      }
      expect(await statuses()).toEqual(before);
    },
  );
});

describe('user-service during an outage', () => {
  test.for(['/login', '/register'])(
    'When it cuts connections, then %s answers 503 and does not show the password',
    async (path, { shop, stranger }) => {
      const page = await stranger.open(path);
      shop.userService.mode = 'cut';
      const reply = await stranger.submit(page, path, { username: 'alice', password: 'secret123' });
      expect(reply.status).toBe(503);
      expect(reply.text).toContain(WORDS['user-service']);
      expect(reply.html.toString()).not.toContain('secret123');
    },
  );

  test('When it cuts connections, then a logout still ends the session', async ({ shop, alice }) => {
    shop.userService.mode = 'cut';
    const reply = await alice.open('/logout');
    expect([reply.status, reply.headers.get('location')]).toEqual([303, '/']);
    expect(alice.cookies.has('session')).toBe(false);
  });
});

describe('order-service during an outage', () => {
  test('When it cuts connections, then visitors can log in and look around, and only the cart fails', async ({
    shop,
    stranger,
  }) => {
    shop.orderService.mode = 'cut';
    await stranger.submit(await stranger.open('/login'), '/login', { username: 'alice', password: 'x' });
    const page = await stranger.open('/product/laptop-pro');
    expect(page.text).toContain('Bonjour Alice');
    const reply = await stranger.submit(page, '/product/laptop-pro');
    expect([reply.status, reply.text]).toEqual([503, expect.stringContaining('Votre panier vous attend')]);
  });
});

describe('a service that answers badly', () => {
  test('When it names another part as unavailable, then the page blames that part', async ({
    shop,
    alice,
  }) => {
    shop.orderService.routes['GET /api/order'] = {
      status: 503,
      body: { message: 'product_dbase is not available' },
    };
    expect((await alice.open('/checkout')).text).toContain(WORDS['product-service']);
  });

  test.for([
    ['a bug', { status: 500, body: { message: 'Something went wrong' } }],
    ['no JSON', { body: '<html>' }],
    ['nonsense', { body: { results: [{ id: 'x' }] } }],
    ['nothing', { body: '' }],
    ['null', { body: 'null' }],
  ] as const)(
    'When it answers with %s, then the page says that it is away',
    async ([, answer], { shop, stranger }) => {
      shop.productService.routes['GET /api/products'] = answer;
      const page = await stranger.open('/');
      expect([page.status, page.text]).toEqual([503, expect.stringContaining(WORDS['product-service'])]);
    },
  );
});
