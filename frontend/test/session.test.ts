import { describe, expect } from 'vitest';
import { elapsed } from '../../test/elapsed';
import { timeLimits } from '../../test/time-limits';
import { openBrowser } from './browser';
import { asked, logIn, test } from './shop';

test.override('limits', timeLimits.real);

/** The frontend waits a second for its database; waiting twice would take longer than this. */
const IN_TIME_MS = 1900;
/** It does not wait for its database. */
const AT_ONCE_MS = 900;

describe('sessions', () => {
  test('When the shop is restarted, or another process answers, then nobody is logged out', async ({
    shop,
    alice,
  }) => {
    const other = await shop.openDoors();
    try {
      const browser = openBrowser(other.url);
      browser.cookies.set('session', alice.cookies.get('session') ?? '');
      expect((await browser.open('/')).text).toContain('Bonjour Alice');
    } finally {
      await other.close();
    }
  });

  test.for([
    [400, 'application/json', '{"half":'],
    [413, 'application/x-www-form-urlencoded', 'x'.repeat(20_000)],
    [415, 'text/plain', 'x'],
  ] as const)(
    'When a body is refused with %i, then the page is still the visitor’s own',
    async ([status, type, body], { alice, stranger }) => {
      for (const [browser, words] of [
        [alice, 'Bonjour Alice'],
        [stranger, 'Se connecter'],
      ] as const) {
        const page = await browser.send('POST', '/checkout/process', (request) =>
          request.type(type).send(body),
        );
        expect([page.status, page.text]).toEqual([status, expect.stringContaining(words)]);
      }
    },
  );

  test('When a visitor opens pages, then no session is written', async ({ shop, alice }) => {
    const before = await shop.sessions();
    for (const path of ['/', '/product/laptop-pro', '/checkout', '/orders']) await alice.open(path);
    expect(await shop.sessions()).toEqual(before);
  });

  test('When a stranger opens pages, then no session is written', async ({ shop, stranger }) => {
    const before = await shop.sessions();
    for (const path of ['/', '/login', '/register', '/product/laptop-pro', '/checkout', '/nowhere'])
      await stranger.open(path);
    expect(await shop.sessions()).toEqual(before);
    expect([...stranger.cookies.keys()]).toEqual(['csrf']);
  });

  test('When a session has expired, then its visitor is a stranger, and the next login deletes it', async ({
    shop,
    alice,
  }) => {
    await shop.execute('UPDATE session SET expires_at = UTC_TIMESTAMP() - INTERVAL 1 SECOND');
    expect((await alice.open('/')).text).toContain('Se connecter');
    expect(await shop.sessions()).not.toHaveLength(0);
    await logIn(shop, 'alice');
    expect(await shop.sessions()).toHaveLength(1);
  });

  test.for(['s:forged.signature', 'x', 's:', 'j:{}', '%ff', 'a'.repeat(5000)])(
    'When the cookie is %s, then the visitor is a stranger',
    async (value, { stranger }) => {
      stranger.cookies.set('session', value);
      const page = await stranger.open('/');
      expect([page.status, page.text]).toEqual([200, expect.stringContaining('Se connecter')]);
    },
  );
});

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
