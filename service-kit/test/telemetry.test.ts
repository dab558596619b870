import { randomBytes, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test as base, describe, expect, vi } from 'vitest';
import type { SunkSpan } from '../../test/otlp-sink';
import { purchase, startTracedShop, type TracedShop } from '../../test/traced-shop';
import { untilServed } from '../../test/until-served';
import { declared, missingOwners, undeclaredIn } from '../src/registry/contract';
import type { SpanDeclaration } from '../src/registry/declaration';
import * as shopRegistry from '../src/registry/shop';

// biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
const test = base.extend('shop', { scope: 'file' }, async ({}, { onCleanup }) => {
  const shop = await startTracedShop();
  onCleanup(shop.close);
  return shop;
});

vi.setConfig({ testTimeout: 120_000 });

const LATE = { timeout: 60_000, interval: 100 };

function anAccount() {
  const name = `ada${randomBytes(4).toString('hex')}`;
  return { username: name, password: `pass-${name}-word`, email: `${name}@example.com` };
}

/** Waits for the number of spans and returns the spans of the trace. */
async function traceOf({ sink }: TracedShop, traceId: string, spanCount: number): Promise<SunkSpan[]> {
  const spans = () => sink.spans.filter((span) => span.traceId === traceId);
  await expect.poll(() => spans().length, LATE).toBeGreaterThanOrEqual(spanCount);
  return spans();
}

const traceIdOf = (response: Response) => response.headers.get('x-trace-id') ?? 'none';

describe('When a visitor places an order', () => {
  test('then one trace leads through four services down to their databases', async ({ shop }) => {
    const trace = await traceOf(shop, await purchase(shop.url('frontend'), anAccount()), 17);
    const parents = new Map(trace.map((span) => [span.spanId, span]));
    const paths = trace.map((span) => {
      const path: string[] = [];
      for (let at: SunkSpan | undefined = span; at; at = parents.get(at.parentSpanId))
        path.unshift(`${at.service} ${at.name}`);
      return path.join(' > ');
    });
    const buy = 'frontend POST /checkout/process';
    const close = `${buy} > frontend checkout_process > frontend POST > order-service POST /api/order/checkout`;
    const neighbours = [
      'order-service GET > product-service GET /api/products > product-service SELECT',
      'order-service GET > user-service GET /api/user > user-service SELECT',
    ];
    for (const whole of [
      ...[`${buy} > frontend SELECT`, `${buy} > frontend checkout_validation`],
      ...['START', 'SELECT', 'UPDATE', 'COMMIT'].map((statement) => `${close} > order-service ${statement}`),
      ...neighbours.map((neighbour) => `${close} > ${neighbour}`),
    ])
      expect(paths).toContain(whole);
    expect(paths.every((path) => path.startsWith(buy))).toBe(true);
    expect(trace.filter(({ name }) => name !== 'pool wait')).toHaveLength(17);
  });

  test('then all declared telemetry arrives, and nothing else', async ({ shop }) => {
    const { sink } = shop;
    const before = sink.total('cart.items.added');
    await purchase(shop.url('frontend'), anAccount(), 3);
    const missing = () =>
      declared.metrics.flatMap((declaration) => {
        const { name } = declaration;
        const seen = sink.points().flatMap(({ metric, service }) => (metric === name ? [service] : []));
        return missingOwners(declaration, seen).map((service) => `${name} of ${service}`);
      });
    await expect.poll(missing, LATE).toEqual([]);
    await expect
      .poll(() => sink.total('cart.items.added', { product_id: '1' }), LATE)
      .toBeGreaterThanOrEqual(before + 3);

    const own = sink.spans.filter(({ scope }) => scope === 'vitrine');
    for (const { name, events, attributes } of Object.values<SpanDeclaration>(shopRegistry.spans)) {
      const seen = own.filter((span) => span.name === name);
      expect(new Set(seen.flatMap((span) => Object.keys(span.attributes)))).toEqual(
        new Set(Object.keys(attributes)),
      );
      expect(new Set(seen.flatMap((span) => span.events.map((event) => event.name)))).toEqual(
        new Set(Object.keys(events)),
      );
    }
    await expect
      .poll(
        () => sink.total('orders.created', { status: 'success' }) - sink.total('orders.checkout.completed'),
        LATE,
      )
      .toBe(0);
    const severities = new Map(sink.logs.map(({ level, severityNumber }) => [level, severityNumber]));
    expect(severities.get('info')).toBe(9);
    for (const message of ['user registered', 'logged in', 'request', 'listening', 'migration applied'])
      expect(sink.logs.map(({ body }) => body)).toContain(message);
    expect(undeclaredIn({ ...sink, points: sink.points() })).toEqual([]);
  });

  test('then the resource has the service, version, instance and environment', async ({ shop }) => {
    await purchase(shop.url('frontend'), anAccount());
    await expect.poll(() => shop.sink.resources.size, LATE).toBe(4);
    for (const [service, resource] of shop.sink.resources)
      expect(resource).toMatchObject({
        'service.name': service,
        'service.namespace': 'vitrine',
        'service.version': expect.stringMatching(/^\d+\.\d+\.\d+$/),
        'service.instance.id': expect.stringMatching(/^[0-9a-f-]{36}$/),
        'deployment.environment.name': 'lab',
      });
  });
});

describe('When requests are refused', () => {
  test.for<[what: string, method: string, path: string, init: RequestInit, status: number, route: string]>([
    ['no route matches', 'GET', `/${randomUUID()}`, {}, 404, '/*'],
    ['the method is unknown', 'PROPFIND', `/${randomUUID()}`, {}, 404, '/*'],
    ['the route has another method', 'DELETE', '/api/users', {}, 405, '/*'],
    ['the api key is missing', 'GET', '/api/user', {}, 401, '/api/user'],
    ['the body is invalid JSON', 'POST', '/api/user/login', json('{'), 400, '/*'],
    ['the body has another type', 'POST', '/api/user/login', { body: 'x' }, 415, '/*'],
  ])('because %s, then the span has a route', async ([, method, path, init, status, route], { shop }) => {
    const response = await fetch(shop.url('user-service') + path, { method, ...init });
    expect(response.status).toBe(status);
    const [span] = await traceOf(shop, traceIdOf(response), 1);
    const isOdd = method === 'PROPFIND';
    expect(span).toMatchObject({
      kind: 'SERVER',
      name: `${isOdd ? 'HTTP' : method} ${route}`,
      status: { isError: false },
    });
    expect(span?.attributes).toMatchObject({
      'http.route': route,
      'http.request.method': isOdd ? '_OTHER' : method,
      'http.response.status_code': status,
    });
    expect(
      Object.keys(span?.attributes ?? {}).filter((name) => /^(client|network\.peer)\./.test(name)),
    ).toEqual([]);
  });

  test('by the hundred on random paths, then the number of series stays the same', async ({ shop }) => {
    const scan = async () => {
      const paths = Array.from({ length: 50 }, () => `${shop.url('user-service')}/${randomUUID()}`);
      await Promise.all(paths.map((path) => fetch(path)));
      await Promise.all(paths.map((path) => fetch(path, { method: 'PROPFIND' })));
    };
    const scanned = () =>
      shop.sink.total('http.server.request.duration', {
        'http.route': '/*',
        'http.response.status_code': 404,
      });
    const series = () =>
      shop.sink.points().filter(({ metric }) => metric === 'http.server.request.duration').length;
    const before = scanned();
    await scan();
    await expect.poll(scanned, LATE).toBeGreaterThanOrEqual(before + 100);
    const seriesBefore = series();
    await scan();
    await expect.poll(scanned, LATE).toBeGreaterThanOrEqual(before + 200);
    expect(series()).toBe(seriesBefore);
  });
});

test('When probes and static files are requested, then they have no span', async ({ shop }) => {
  for (const path of ['/healthz', '/HEALTHZ/', '/readyz', '/readyz?x=1', '/static/shop.css']) {
    const response = await fetch(shop.url('frontend') + path);
    expect(response.ok).toBe(true);
    expect(response.headers.has('x-trace-id')).toBe(false);
  }
  const page = await fetch(shop.url('frontend'));
  await traceOf(shop, traceIdOf(page), 3);
  expect(
    shop.sink.spans.filter(({ attributes }) =>
      /^.(healthz|readyz|static)/i.test(String(attributes['url.path'])),
    ),
  ).toEqual([]);
});

test('When forms, paths, queries and headers contain secrets, then no telemetry contains them', async ({
  shop,
}) => {
  const account = anAccount();
  const card = '4111111111111111';
  await purchase(shop.url('frontend'), account);
  const credentials = { username: account.username, password: account.password };
  const login = await fetch(`${shop.url('user-service')}/api/user/login`, {
    method: 'POST',
    ...json(JSON.stringify(credentials)),
  });
  const { api_key: apiKey } = await login.json();
  const taken = { ...account, username: `${account.username}x`, first_name: card, last_name: 'Byron' };
  const duplicate = await fetch(`${shop.url('user-service')}/api/user/create`, {
    method: 'POST',
    ...json(JSON.stringify(taken)),
  });
  expect(duplicate.status).toBe(409);
  const encoded = encodeURIComponent(account.email);
  const last = [
    `/${encoded}`,
    `/${card}`,
    `/${apiKey}`,
    `/api/user/${encoded}/exists`,
    `/?email=${encoded}&password=${account.password}&card=${card}&api_key=${apiKey}`,
  ].map((path) =>
    fetch(shop.url('user-service') + path, {
      headers: {
        'user-agent': `curl ${account.email}`,
        authorization: `Bearer ${apiKey}`,
        cookie: `k=${apiKey}`,
        traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
        tracestate: `k=${account.email}`,
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-host': account.email,
      },
    }),
  );
  const responses = await Promise.all(last);
  for (const response of responses) await traceOf(shop, traceIdOf(response), 1);
  const paths = () => shop.sink.logs.map(({ attributes }) => attributes['url.path']);
  await expect.poll(paths, LATE).toContain('/api/user/[redacted]/exists');
  const sent = shop.sink.text();
  expect(sent).toContain('checkout_validation');
  for (const secret of [account.email, encoded, account.password, card, String(apiKey), '203.0.113.9'])
    expect(sent).not.toContain(secret);
});

test('When a request has a whole URL, as sent to a proxy, then telemetry has its path but not its password', async ({
  shop,
}) => {
  const { hostname, port } = new URL(shop.url('user-service'));
  const socket = connect(Number(port), hostname);
  socket.write(
    'GET http://admin:hunter2@localhost/x?y=1 HTTP/1.1\r\nHost: [::1]:99\r\nConnection: close\r\n\r\n',
  );
  const [, traceId = 'none'] = /^x-trace-id: (.*)\r$/im.exec(await text(socket)) ?? [];
  const [span] = await traceOf(shop, traceId, 1);
  expect(span?.attributes).toMatchObject({
    ...{ 'url.path': '/x', 'url.query': 'y=1', 'server.address': '::1', 'server.port': 99 },
  });
  const logged = () => shop.sink.logs.find((log) => log.traceId === traceId)?.attributes['url.path'];
  await expect.poll(logged, LATE).toBe('/x');
  expect(shop.sink.text()).not.toContain('hunter2');
});

test('When a client disconnects before the response, then span, metric and log line say so and have no status', async ({
  shop,
}) => {
  shop.pretend('product-service', 'hanging');
  const path = '/api/product/left-behind';
  const client = new AbortController();
  const left = fetch(shop.url('product-service') + path, { signal: client.signal });
  await expect.poll(() => shop.heldBytes('product-service'), { ...LATE, interval: 10 }).toBeGreaterThan(0);
  client.abort();
  await expect(left).rejects.toThrow('abort');
  shop.pretend('product-service', 'there');
  const isOfIt = ({ attributes }: { attributes: Record<string, unknown> }) => attributes['url.path'] === path;
  const seen = () => shop.sink.spans.find(isOfIt);
  await expect.poll(seen, LATE).toMatchObject({
    ...{ name: 'GET /api/product/:id', status: { isError: false } },
    attributes: { 'error.type': 'aborted', 'http.route': '/api/product/:id' },
  });
  expect(seen()?.attributes).not.toHaveProperty('http.response.status_code');
  const aborted = () => shop.sink.points().filter(({ attributes }) => attributes['error.type'] === 'aborted');
  await expect.poll(aborted, LATE).toMatchObject([{ metric: 'http.server.request.duration', value: 1 }]);
  expect(aborted()[0]?.attributes).not.toHaveProperty('http.response.status_code');
  const line = () => shop.sink.logs.find(isOfIt);
  await expect.poll(line, LATE).toMatchObject({ body: 'request aborted by the client' });
  expect(line()?.attributes).not.toHaveProperty('http.response.status_code');
});

test('When a caller asks not to be traced, then it is traced nevertheless', async ({ shop }) => {
  const traceId = randomBytes(16).toString('hex');
  const headers = { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-00` };
  const response = await fetch(`${shop.url('product-service')}/api/products`, { headers });
  expect(traceIdOf(response)).toBe(traceId);
  const names = (await traceOf(shop, traceId, 2)).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['GET /api/products', 'SELECT']));
});

describe('When a database', () => {
  test('hangs, then the trace has the failed statement and the waits, and the log has the slow statement', async ({
    shop,
  }) => {
    const { sink } = shop;
    shop.pretend('product-service', 'hanging');
    const asks = Array.from({ length: 12 }, () => fetch(`${shop.url('product-service')}/api/products`));
    const responses = await Promise.all(asks);
    shop.pretend('product-service', 'there');
    expect(responses.map(({ status }) => status)).toEqual(Array(12).fill(503));
    const traces = await Promise.all(responses.map((response) => traceOf(shop, traceIdOf(response), 2)));
    for (const trace of traces) {
      const server = trace.find(({ kind }) => kind === 'SERVER');
      expect(server).toMatchObject({ status: { isError: true }, events: [{ name: 'exception' }] });
      expect(server?.events[0]?.attributes).toMatchObject({
        'exception.message': 'No answer from the database within 1000 ms',
      });
      const below = trace.filter(({ parentSpanId }) => parentSpanId === server?.spanId);
      expect(below).not.toEqual([]);
      expect(below.some(({ status }) => status.isError)).toBe(true);
    }
    const slow = traces.flat().filter(({ attributes }) => attributes['vitrine.db.slow'] === true);
    expect(slow).not.toEqual([]);
    for (const span of slow) expect(span.durationMs).toBeGreaterThan(900);
    expect(slow.map(({ attributes }) => attributes['error.type'])).toContain('DeadlinePassed');
    const waits = traces.flat().filter(({ name }) => name === 'pool wait');
    expect(waits.map(({ attributes }) => attributes['error.type'])).toContain('timeout');
    await expect.poll(() => sink.logs.map(({ body }) => body), LATE).toContain('slow statement');
    expect(sink.logs.find(({ body }) => body === 'slow statement')).toMatchObject({
      ...{ level: 'warn', severityNumber: 13 },
    });
    await expect.poll(() => sink.total('db.client.connection.timeouts'), LATE).toBeGreaterThan(0);
    expect(undeclaredIn({ ...sink, points: sink.points() })).toEqual([]);
  });

  test('is gone, then trace and metrics have a failed wait for a connection', async ({ shop }) => {
    const { sink } = shop;
    shop.pretend('product-service', 'gone');
    const response = await fetch(`${shop.url('product-service')}/api/products`);
    shop.pretend('product-service', 'there');
    expect(response.status).toBe(503);
    const trace = await traceOf(shop, traceIdOf(response), 2);
    const server = trace.find(({ kind }) => kind === 'SERVER');
    const wait = trace.find(({ name }) => name === 'pool wait');
    expect(wait).toMatchObject({ parentSpanId: server?.spanId, status: { isError: true } });
    const lost = { 'error.type': wait?.attributes['error.type'] };
    expect(lost['error.type']).toMatch(/^(ECONNRESET|PROTOCOL_CONNECTION_LOST)$/);
    await expect.poll(() => sink.total('db.client.connection.wait_time', lost), LATE).toBeGreaterThan(0);
    expect(undeclaredIn({ ...sink, points: sink.points() })).toEqual([]);
  });

  test('gets more requests than it has connections, then each statement is in the trace of its request', async ({
    shop,
  }) => {
    const ask = () => fetch(`${shop.url('product-service')}/api/products`);
    const responses = await Promise.all(Array.from({ length: 40 }, () => untilServed(ask)));
    expect(responses.map(({ status }) => status)).toEqual(Array(40).fill(200));
    for (const response of responses) {
      const trace = await traceOf(shop, traceIdOf(response), 2);
      expect(trace.filter(({ name }) => name === 'SELECT')).toHaveLength(1);
    }
  });
});

function json(body: string): RequestInit {
  return { body, headers: { 'content-type': 'application/json' } };
}
