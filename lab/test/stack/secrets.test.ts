import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test as base, expect } from 'vitest';
import { openBrowser } from '../../../frontend/test/browser.ts';
import { requestsTo } from '../../../test/request.ts';
import { logIn, newCustomer } from './customer.ts';
import { startStack } from './start-stack.ts';

// At the level that says most.
// biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
const test = base.extend('stack', { scope: 'file' }, async ({}, { onCleanup }) => {
  const stack = await startStack({ LOG_LEVEL: 'trace' });
  onCleanup(stack.stop);
  return stack;
});

test('When secrets go every way there is, then no log holds one', async ({ stack }) => {
  const customer = await newCustomer(stack);
  const { username, password, email, apiKey, browser } = customer;
  const mistyped = 'Mistyped-canary-4711!';
  const stranger = openBrowser(stack.urls.frontend);

  // The forms: right, wrong, taken, the password where the name belongs.
  await stranger.submit(await stranger.open('/login'), '/login', { username, password: mistyped });
  await stranger.submit(await stranger.open('/login'), '/login', { username: email, password });
  await stranger.submit(await stranger.open('/login'), '/login', { username: password, password: mistyped });
  const form = { first_name: '', last_name: '', username, password, email };
  await stranger.submit(await stranger.open('/register'), '/register', form);
  await stranger.submit(await stranger.open('/register'), '/register', {
    ...form,
    first_name: 'A',
    last_name: 'B',
  });
  const addresses = [email, encodeURIComponent(email), email.toUpperCase()];
  for (const address of addresses)
    for (const path of [
      `/${address}`,
      `/product/${address}`,
      `/login?next=/${address}`,
      `/?email=${address}`,
    ])
      await browser.open(path);
  await browser.open(
    `/login?username=${username}&password=${encodeURIComponent(password)}&api_key=${apiKey}`,
  );
  await browser.open('/orders');

  // The APIs: every way to say who one is, bodies good, bad and malformed.
  const authorizations = ['Bearer ', 'Basic ', '', 'Token ', 'Bearer  x '].map((prefix) => prefix + apiKey);
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  for (const url of [
    stack.urls['user-service'],
    stack.urls['product-service'],
    stack.urls['order-service'],
  ]) {
    const request = requestsTo(url);
    for (const authorization of [...authorizations, basic])
      for (const route of ['GET /api/user', 'GET /api/order', 'DELETE /api/product/1', 'GET /nothing'])
        await request(route, { headers: { authorization } });
    const account = { username, password, email, api_key: apiKey, first_name: 1 };
    for (const route of ['POST /api/user/create', 'POST /api/user/login', 'POST /api/order/add-item']) {
      await request(route, { json: account, apiKey });
      await request(route, { form: { username, password: mistyped, email }, apiKey });
      const headers = { 'content-type': 'application/json' };
      await request(route, { headers, body: JSON.stringify(account).slice(0, -1), apiKey });
    }
    for (const address of addresses) {
      await request(`GET /api/user/${address}/exists`);
      await request(`GET /api/product/${address}?email=${address}&api_key=${apiKey}`);
    }
  }

  // And when what is behind fails, with a statement in hand.
  const visitor = openBrowser(stack.urls.frontend);
  await stack.vitrine('pause', 'user_dbase');
  await browser.open('/checkout');
  await requestsTo(stack.urls['user-service'])('POST /api/user/login', { json: { username, password } });
  await requestsTo(stack.urls['user-service'])('POST /api/user/create', {
    json: { ...form, first_name: 'A', last_name: 'B' },
  });
  await stack.vitrine('resume', 'user_dbase');
  await logIn(visitor, customer);
  await visitor.open('/logout');

  const session = decodeURIComponent(browser.cookies.get('session') ?? '');
  const [, sessionId = ''] = /^s:([^.]+)\./.exec(session) ?? [];
  expect(sessionId).not.toBe('');
  const secrets = {
    password,
    mistyped,
    email,
    apiKey,
    sessionId,
    basic: basic.slice(6),
    ...envSecrets(stack.home),
  };
  const logs = readdirSync(join(stack.home, 'logs')).map((name) => {
    return { name, text: readFileSync(join(stack.home, 'logs', name), 'utf8') };
  });
  expect(logs.map(({ name }) => name)).toEqual(expect.arrayContaining(['frontend.log', 'user-service.log']));
  for (const { name, text } of logs) {
    for (const [what, secret] of Object.entries(secrets)) {
      const forms = [secret, encodeURIComponent(secret), encodeURIComponent(secret).replaceAll('%20', '+')];
      const leak = text
        .split('\n')
        .find((line) => forms.some((each) => line.toLowerCase().includes(each.toLowerCase())));
      expect(leak, `${what} in ${name}`).toBeUndefined();
    }
  }
});

/** What the shop itself keeps secret, by variable. */
function envSecrets(home: string): Record<string, string> {
  const lines = readFileSync(join(home, '.env'), 'utf8').matchAll(/^(\w+(?:SECRET|PASSWORD))=(.+)$/gm);
  return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]));
}
