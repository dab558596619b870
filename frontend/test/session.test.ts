import { createDatabase } from '@vitrine/service-kit/database';
import { createLogger } from '@vitrine/service-kit/logger';
import { startSweep } from '@vitrine/service-kit/sweep';
import { describe, expect, onTestFinished } from 'vitest';
import { costsOf } from '../../test/statements';
import { DELETE_EXPIRED_SESSIONS } from '../src/session-store';
import { openBrowser } from './browser';
import { logIn, test } from './shop';

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

  test('When a session has expired, then its visitor is a stranger, and a sweep deletes it', async ({
    shop,
    alice,
  }) => {
    await shop.execute('UPDATE session SET expires_at = UTC_TIMESTAMP() - INTERVAL 1 SECOND');
    expect((await alice.open('/')).text).toContain('Se connecter');
    expect(await shop.sessions()).not.toHaveLength(0);
    await logIn(shop, 'alice');
    const database = createDatabase(shop.settings);
    onTestFinished(() => database.close());
    const logger = createLogger({ level: 'silent' });
    onTestFinished(startSweep(database, [DELETE_EXPIRED_SESSIONS], { logger }));
    await expect.poll(async () => (await shop.sessions())?.length).toBe(1);
  });

  test('When there are many sessions, then every statement finds its rows by an index', async ({
    shop,
    alice,
  }) => {
    const ids = Array.from(
      { length: 3000 },
      (_, index) => `('${index}', '', UTC_TIMESTAMP() + INTERVAL ${index} MINUTE)`,
    );
    await shop.execute(`INSERT INTO session (id, data, expires_at) VALUES ${ids}`);
    await shop.execute('ANALYZE TABLE session');
    shop.statements.length = 0;
    await alice.open('/');
    await alice.open('/logout');
    await logIn(shop, 'alice');
    const verbs = shop.statements.map(({ sql }) => sql.split(' ', 1)[0]);
    expect(new Set(verbs)).toEqual(new Set(['SELECT', 'INSERT', 'DELETE']));
    const sweep = { sql: DELETE_EXPIRED_SESSIONS, values: [500] };
    const costs = await costsOf(shop.settings, [...shop.statements, sweep]);
    expect(costs.filter(({ fullScans, rowsRead }) => fullScans.length > 0 || rowsRead > 100)).toEqual([]);
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
