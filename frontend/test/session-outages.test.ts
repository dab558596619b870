import { describe, expect } from 'vitest';
import { elapsed } from '../../test/elapsed';
import { timeLimits } from '../../test/time-limits';
import { asked, test } from './shop';

test.override('limits', timeLimits.frontend);

/** The frontend waits a second for its database; waiting twice would take longer than this. */
const IN_TIME_MS = 1900;
/** It does not wait for its database. */
const AT_ONCE_MS = 900;

describe.for(['hanging', 'gone'] as const)('a session database that is %s', (state) => {
  test('When a visitor opens public pages, then they come in time, as for a stranger, and the cookie stays', async ({
    shop,
    alice,
  }) => {
    shop.proxy.pretend(state);
    for (const path of ['/', '/product/laptop-pro', '/login', '/nowhere']) {
      const { value: page, ms } = await elapsed(alice.open(path));
      expect(page.status, path).toBe(path === '/nowhere' ? 404 : 200);
      expect(page.text).toContain('Se connecter');
      expect(page.text).toContain('Nous ne pouvons pas vous reconnaître pour le moment');
      expect(page.setCookies.has('session')).toBe(false);
      expect(ms, path).toBeLessThan(IN_TIME_MS);
    }
    shop.proxy.pretend('there');
    expect((await alice.open('/')).text).toContain('Bonjour Alice');
  });

  test('When a stranger opens a page, then they notice nothing', async ({ shop, stranger }) => {
    shop.proxy.pretend(state);
    const { value: page, ms } = await elapsed(stranger.open('/'));
    expect(page.status).toBe(200);
    expect(page.text).not.toContain('reconnaître');
    expect(ms).toBeLessThan(AT_ONCE_MS);
  });

  test('When a page needs to know its visitor, then it answers 503, and works again once the database is back', async ({
    shop,
    alice,
  }) => {
    const product = await alice.open('/product/laptop-pro');
    shop.proxy.pretend(state);
    const replies = await Promise.all([
      ...['/checkout', '/orders', '/admin', '/order/thank-you', '/logout'].map((path) => alice.open(path)),
      alice.submit(product, '/product/laptop-pro'),
      alice.send('POST', '/checkout/process'),
    ]);
    for (const page of replies) {
      expect(page.status).toBe(503);
      expect(page.headers.get('retry-after')).toBe('1');
      expect(page.text).toContain('Nous ne vous reconnaissons pas');
      expect(page.text).not.toContain('Nous ne pouvons pas vous reconnaître');
      expect(page.setCookies.has('session')).toBe(false);
    }
    expect(asked(shop)).toEqual(['GET /api/product/laptop-pro']);
    shop.proxy.pretend('there');
    expect((await alice.submit(product, '/product/laptop-pro')).status).toBe(303);
  });

  test('When somebody logs in, then 503 and no session begins', async ({ shop, stranger }) => {
    const page = await stranger.open('/login');
    shop.proxy.pretend(state);
    const { value: reply, ms } = await elapsed(
      stranger.submit(page, '/login', { username: 'alice', password: 'x' }),
    );
    expect([reply.status, stranger.cookies.has('session')]).toEqual([503, false]);
    expect(ms).toBeLessThan(IN_TIME_MS);
  });

  test('When readiness is asked, then 503 names the database', async ({ shop, stranger }) => {
    shop.proxy.pretend(state);
    const page = await stranger.open('/readyz');
    expect([page.status, JSON.parse(page.text)]).toEqual([
      503,
      { status: 'unavailable', dependencies: { session_dbase: 'unavailable' } },
    ]);
  });
});
