import { join } from 'node:path';
import { trace } from '@opentelemetry/api';
import { createDatabase } from '@vitrine/service-kit/database';
import type { Faults } from '@vitrine/service-kit/faults/faults';
import { createLogger } from '@vitrine/service-kit/logger';
import { migrate } from '@vitrine/service-kit/migrate';
import { createServiceClient } from '@vitrine/service-kit/service-client';
import mysql from 'mysql2/promise';
import { test as base } from 'vitest';
import { freshDatabase, migrationAccountOf } from '../../test/database';
import { type Answer, type FakeService, startFakeService } from '../../test/fake-service';
import { listen } from '../../test/listen';
import { recordStatements } from '../../test/statements';
import { startTcpProxy } from '../../test/tcp-proxy';
import { type TimeLimits, timeLimits } from '../../test/time-limits';
import { createApp } from '../src/app';
import { type Browser, openBrowser } from './browser';
import { anItem, anOrder, products } from './stock';

export const SESSION_SECRET = 'a secret that only the tests know';

/** Starts the frontend with a real session database and three fake services. */
async function startShop({ deadlineMs, timeoutMs }: TimeLimits) {
  const settings = await freshDatabase('session_dbase');
  const logger = createLogger({ level: 'silent' });
  await migrate({
    settings,
    account: migrationAccountOf(settings),
    directory: join(__dirname, '../migrations'),
    logger,
  });
  const proxy = await startTcpProxy(settings);
  const [userService, productService, orderService] = await Promise.all([
    startFakeService({}),
    startFakeService({}),
    startFakeService({}),
  ]);
  const client = (name: string, { url }: FakeService) =>
    createServiceClient({ name, baseUrl: url, timeoutMs });
  const openDoors = async ({
    faults,
    tracesUrl,
  }: {
    faults?: Faults | undefined;
    tracesUrl?: string;
  } = {}) => {
    const database = recordStatements(
      createDatabase({ ...settings, port: proxy.port }, { deadlineMs, faults }),
    );
    const app = createApp({
      database,
      userService: client('user-service', userService),
      productService: client('product-service', productService),
      orderService: client('order-service', orderService),
      sessionSecret: SESSION_SECRET,
      telemetryUrls: { jaegerUrl: 'http://jaeger.test', grafanaUrl: 'http://grafana.test' },
      tracesUrl,
      logger,
      faults,
    });
    // traceRequests does this in the real process, where telemetry is on.
    const { url, close } = await listen((request, response) =>
      trace.getTracer('test').startActiveSpan('server', (span) => {
        response.on('close', () => span.end());
        app(request, response);
      }),
    );
    return { url, statements: database.statements, close: () => Promise.all([close(), database.close()]) };
  };
  const doors = await openDoors();
  const rows = await mysql.createConnection(settings);
  return {
    url: doors.url,
    statements: doors.statements,
    settings,
    proxy,
    services: {
      'user-service': userService,
      'product-service': productService,
      'order-service': orderService,
    },
    userService,
    productService,
    orderService,
    /** Starts another replica of the same shop, with a fault switch if there are `faults`, and measured if `tracesUrl` is there. */
    openDoors,
    async sessions() {
      const [found] = await rows.query<mysql.RowDataPacket[]>(
        'SELECT id, data, expires_at FROM session ORDER BY id',
      );
      return found;
    },
    async execute(sql: string) {
      await rows.query(sql);
    },
    async stop() {
      proxy.pretend('there');
      await rows.end();
      await doors.close();
      await Promise.all([userService.stop(), productService.stop(), orderService.stop()]);
      await proxy.close();
    },
  };
}

export type StartedShop = Awaited<ReturnType<typeof startShop>>;

const KEYS: Record<string, Answer> = {
  'Bearer key-of-alice': { body: { result: aUser(7, 'alice', false) } },
  'Bearer key-of-admin': { body: { result: aUser(1, 'admin', true) } },
};

export function aUser(id: number, username: string, is_admin: boolean) {
  const first_name = username.replace(/^./, (letter) => letter.toUpperCase());
  return {
    id,
    username,
    email: `${username}@example.com`,
    first_name,
    last_name: 'Martin',
    is_active: true,
    is_admin,
  };
}

const userRoutes: FakeService['routes'] = {
  'POST /api/user/create': { status: 201, body: { message: 'User added', result: aUser(8, 'bob', false) } },
  'POST /api/user/login': ({ body }) => {
    const { username } = JSON.parse(body);
    return { body: { message: 'Logged in', api_key: `key-of-${username}` } };
  },
  'POST /api/user/logout': { body: { message: 'You are logged out' } },
  'GET /api/user': ({ headers }) => KEYS[headers.authorization ?? ''] ?? unauthorized,
  'GET /api/users': { body: [aUser(1, 'admin', true), aUser(7, 'alice', false)] },
};

export const unauthorized: Answer = { status: 401, body: { message: 'Not logged in' } };

/** The products that product-service returns for the path and its query. */
export function pageOf<Product extends { id: number }>(all: readonly Product[], path: string): Product[] {
  const { searchParams } = new URL(path, 'http://product-service');
  const [limit = all.length, after = 0, before = Infinity] = ['limit', 'after', 'before'].map((name) => {
    const value = searchParams.get(name);
    return value === null ? undefined : Number(value);
  });
  const found = all.filter(({ id }) => id > after && id < before);
  return searchParams.has('before') ? found.slice(-limit) : found.slice(0, limit);
}

const productRoutes: FakeService['routes'] = {
  'GET /api/products': ({ path }) => ({ body: { results: pageOf(products, path) } }),
  'GET /api/product/:slug': ({ params }) => {
    const result = products.find(({ id, slug }) => slug === params.slug || String(id) === params.slug);
    return result ? { body: { result } } : { status: 404, body: { message: 'Cannot find product' } };
  },
};

const cart = anOrder({ id: 12, items: [anItem(1, 1), anItem(3, 2)] });
const placed = { ...cart, is_open: false, date_checked_out: '2026-11-21T16:45:00.000Z' };

const orderRoutes: FakeService['routes'] = {
  'GET /api/order': { body: { result: cart, version: 'v1' } },
  'POST /api/order/add-item': { body: { result: cart } },
  'PUT /api/order/item/:id': { body: { result: cart } },
  'DELETE /api/order/remove-item/:id': { body: { result: cart } },
  'POST /api/order/checkout': { body: { result: placed } },
  'GET /api/orders': { body: [cart, { ...placed, id: 11 }] },
};

export const test = base
  .extend('limits', { scope: 'file' }, timeLimits.ample)
  .extend('started', { scope: 'file' }, async ({ limits }, { onCleanup }) => {
    const shop = await startShop(limits);
    onCleanup(shop.stop);
    return shop;
  })
  .extend('shop', ({ started }) => {
    started.proxy.pretend('there');
    const { userService, productService, orderService } = started;
    userService.routes = { ...userRoutes };
    productService.routes = { ...productRoutes };
    orderService.routes = { ...orderRoutes };
    for (const service of [userService, productService, orderService]) {
      service.mode = 'answer';
      service.requests.length = 0;
    }
    return started;
  })
  .extend('stranger', ({ shop }) => openBrowser(shop.url))
  .extend('alice', ({ shop }) => logIn(shop, 'alice'))
  .extend('admin', ({ shop }) => logIn(shop, 'admin'));

/** Opens a browser and logs in. */
export async function logIn(
  shop: Pick<StartedShop, 'url'> & Partial<StartedShop>,
  username: string,
): Promise<Browser> {
  const browser = openBrowser(shop.url);
  const page = await browser.open('/login');
  const reply = await browser.submit(page, '/login', { username, password: 'a good password' });
  if (reply.status !== 303) throw new Error(`${username} could not log in: ${reply.status} ${reply.text}`);
  for (const service of Object.values(shop.services ?? {})) service.requests.length = 0;
  return browser;
}

/** Lists the requests that the three services received, as `METHOD /path`. */
export function asked({ services }: StartedShop): string[] {
  return Object.values(services).flatMap(({ requests }) =>
    requests.map(({ method, path }) => `${method} ${path}`),
  );
}
