import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openBrowser } from '../../../frontend/test/browser.ts';
import { requestsTo } from '../../../test/request.ts';
import { poll } from '../../src/poll.ts';
import { backendsOf } from './backends.ts';
import { logIn, newCustomer } from './customer.ts';
import { lately, services } from './panel.ts';
import { test } from './stack-test.ts';
import type { Site } from './start-stack.ts';

const digits = ['4111', '1111', '1111', '1111'];
const cards = [' ', '-', ''].map((separator) => digits.join(separator));

test('When secrets go every way there is, then no log and no backend holds one', async ({ stack }) => {
  const customer = await newCustomer(stack);
  const { username, password, email, apiKey, browser } = customer;
  const mistyped = 'Mistyped-canary-4711!';
  const nickname = 'nickname-canary-4711';
  const stranger = openBrowser(stack.urls.frontend);

  // Forms are sent right and wrong, with a name that is taken, and with the password in place of the name.
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
  for (const address of [...addresses, ...cards.map(encodeURIComponent)])
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
  await browser.open(`/${apiKey}`);
  await browser.open(`/?pw=${encodeURIComponent(mistyped)}&email=${nickname}`);
  await requestsTo(stack.urls['product-service'])(`GET /api/products?email=${nickname}`);
  for (const card of cards)
    await stranger.submit(await stranger.open('/register'), '/register', { ...form, first_name: card });
  await browser.open('/orders');

  // APIs get credentials in every way there is, and bodies good, bad and malformed.
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
    for (const address of [...addresses, ...cards.map(encodeURIComponent)]) {
      const text = decodeURIComponent(address);
      const headers = { 'user-agent': text, cookie: `k=${apiKey}`, referer: `http://x/?email=${address}` };
      await request(`GET /api/user/${address}/exists`, { headers });
      await request('POST /api/user/create', { json: { ...account, first_name: text, last_name: text } });
      await request(`GET /api/product/${address}?email=${address}&api_key=${apiKey}`);
    }
  }

  // The operator's token goes the right way and wrong ones.
  const { FAULT_TOKEN: operatorKey = '' } = envSecrets(stack.home);
  for (const url of Object.values(stack.urls)) {
    const request = requestsTo(url);
    expect(await request('GET /internal/faults', { apiKey: operatorKey })).toMatchObject({ status: 200 });
    await request('PUT /internal/faults', { apiKey: operatorKey, json: { token: operatorKey } });
    await fetch(`${url}/internal/${operatorKey}?token=${operatorKey}`);
    await fetch(`${url}/${operatorKey}?token=${operatorKey}`, {
      headers: { authorization: `Bearer ${operatorKey}` },
    });
  }

  // The database fails in the middle of a statement.
  const visitor = openBrowser(stack.urls.frontend);
  await stack.vitrine('pause', 'user_dbase');
  await browser.open('/checkout');
  await requestsTo(stack.urls['user-service'])('POST /api/user/login', { json: { username, password } });
  await requestsTo(stack.urls['user-service'])('POST /api/user/create', {
    json: { ...form, first_name: 'A', last_name: 'B' },
  });
  await stack.vitrine('resume', 'user_dbase');
  await logIn(visitor, customer);
  const last = await visitor.open('/logout');

  const session = decodeURIComponent(browser.cookies.get('session') ?? '');
  const [, sessionId = ''] = /^s:([^.]+)\./.exec(session) ?? [];
  expect(sessionId).not.toBe('');
  const secrets = {
    ...Object.fromEntries(cards.map((card) => [`card ${card}`, card])),
    password,
    mistyped,
    nickname,
    email,
    apiKey,
    sessionId,
    basic: basic.slice(6),
    ...envSecrets(stack.home),
  };
  const files = readdirSync(join(stack.home, 'logs'), { recursive: true, withFileTypes: true });
  const logs = files
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => ({ name, text: readFileSync(join(parentPath, name), 'utf8') }));
  expect(logs.map(({ name }) => name)).toEqual(expect.arrayContaining(['frontend.log', 'user-service.log']));
  const held = await readBackends(stack, last.headers.get('x-trace-id') ?? 'none');
  for (const { name, text } of [...logs, ...held]) {
    for (const [what, secret] of Object.entries(secrets)) {
      const forms = [secret, encodeURIComponent(secret), encodeURIComponent(secret).replaceAll('%20', '+')];
      const leak = text
        .split('\n')
        .find((line) => forms.some((each) => line.toLowerCase().includes(each.toLowerCase())));
      expect(leak, `${what} in ${name}`).toBeUndefined();
    }
  }
});

/** Reads all that the backends hold of the services, once they have the trace and log line of a request. */
async function readBackends({ ports }: Pick<Site, 'ports'>, traceId: string) {
  const ask = async (part: 'jaeger' | 'loki' | 'prometheus', path: string, query: Record<string, string>) => {
    const url = `http://127.0.0.1:${ports[part]}${path}?${new URLSearchParams(query)}`;
    const response = await fetch(url);
    expect(response.status, url).toBe(200);
    const lines = (await response.text()).replace(/[{[]/g, '\n$&');
    return { name: `${part} ${new URLSearchParams(query)}`, text: lines };
  };
  const { startMs, endMs } = lately();
  const { jaeger, loki, prometheus } = backendsOf({ ports });
  const isThere = async () => {
    const range = { startMs, endMs, limit: 1, direction: 'forward' } as const;
    const lines = await loki.queryRange(`{service_name="frontend"} | trace_id="${traceId}"`, range);
    const counts = await prometheus.query('traces_span_metrics_calls_total{span_name="GET /logout"}');
    return (await jaeger.traceById(traceId)) && lines.length > 0 && counts.length > 0 ? true : undefined;
  };
  expect(await poll(isThere, { intervalMs: 250, limitMs: 60_000 }), 'the last request is there').toBe(true);
  const nanoseconds = { start: `${startMs}000000`, end: `${endMs}000000` };
  const held = await Promise.all(
    services.flatMap((service) => [
      ask('jaeger', '/api/traces', { service, limit: '5000', lookback: '1h' }),
      ask('loki', '/loki/api/v1/query_range', {
        ...{ query: `{service_name="${service}"}`, limit: '5000', ...nanoseconds },
      }),
      ask('prometheus', '/api/v1/series', { 'match[]': `{service_name="${service}"}` }),
      ask('prometheus', '/api/v1/query_exemplars', {
        ...{ query: `{service_name="${service}"}`, start: String(startMs / 1000), end: String(endMs / 1000) },
      }),
    ]),
  );
  for (const { name, text } of held) expect(text.length, name).toBeGreaterThan(1000);
  expect(held.filter(({ text }) => text.includes(traceId)).length).toBeGreaterThanOrEqual(2);
  return held;
}

/** The shop's own secrets, by variable. */
function envSecrets(home: string): Record<string, string> {
  const lines = readFileSync(join(home, '.env'), 'utf8').matchAll(/^(\w+(?:SECRET|PASSWORD|TOKEN))=(.+)$/gm);
  return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]));
}
