import { join } from 'node:path';
import { createDatabase } from '@vitrine/service-kit/database';
import { createLogger } from '@vitrine/service-kit/logger';
import { migrate } from '@vitrine/service-kit/migrate';
import { createServiceClient } from '@vitrine/service-kit/service-client';
import { createConnection } from 'mysql2/promise';
import request, { type Response } from 'supertest';
import { test as base } from 'vitest';
import { z } from 'zod';
import { freshDatabase, migrationAccountOf } from '../../test/database';
import { type FakeService, startFakeService } from '../../test/fake-service';
import { listen } from '../../test/listen';
import { recordStatements } from '../../test/statements';
import { startTcpProxy } from '../../test/tcp-proxy';
import { type TimeLimits, timeLimits } from '../../test/time-limits';
import { createApp } from '../src/app';
import { order } from '../src/order';

export const migrations = join(__dirname, '../migrations');
export const logger = createLogger({ level: 'silent' });

interface Product {
  id: number;
  name: string;
  slug: string;
  price: number;
  image: string;
}

export type Service = Omit<Awaited<ReturnType<typeof startOrderService>>, 'stop'>;

/** Starts the service with a real database and two fake neighbours. */
async function startOrderService({ deadlineMs, timeoutMs }: TimeLimits) {
  const settings = await freshDatabase('order_dbase');
  await migrate({ settings, account: migrationAccountOf(settings), directory: migrations, logger });
  const proxy = await startTcpProxy(settings);
  const database = recordStatements(createDatabase({ ...settings, port: proxy.port }, { deadlineMs }));
  const catalogue = new Map<number, Product>();
  const [userService, productService] = await Promise.all([startFakeService({}), startFakeService({})]);
  const client = (name: string, { url }: FakeService) =>
    createServiceClient({ name, baseUrl: url, timeoutMs });
  const app = createApp({
    database,
    logger,
    userService: client('user-service', userService),
    productService: client('product-service', productService),
    neighboursMs: 1.25 * timeoutMs,
  });
  const server = await listen(app);
  return {
    api: request(server.url),
    proxy,
    settings,
    /** What the service has asked its database since the test began. */
    statements: database.statements,
    catalogue,
    userService,
    productService,
    /** A customer without an order. */
    aCustomer: (isAdmin = false) => customer(server.url, isAdmin),
    /** A product on sale; a test changes or deletes it in the `catalogue`. */
    aProduct(fields: Partial<Product> = {}): Product {
      const id = nextId();
      const product = { id, name: `Lamp ${id}`, slug: `lamp-${id}`, price: 30, image: 'lamp.svg', ...fields };
      catalogue.set(product.id, product);
      return product;
    },
    /** Locks an order's row, as a transaction that hangs would. @returns what unlocks it */
    async lockOrder(orderId: number): Promise<() => Promise<void>> {
      const connection = await createConnection(settings);
      await connection.query('START TRANSACTION');
      await connection.query('SELECT id FROM orders WHERE id = ? FOR UPDATE', [orderId]);
      return () => connection.end();
    },
    async stop() {
      await Promise.all([server.close(), userService.stop(), productService.stop(), database.close()]);
      await proxy.close();
    },
  };
}

export const test = base
  .extend('limits', { scope: 'file' }, timeLimits.ample)
  .extend('started', { scope: 'file' }, async ({ limits }, { onCleanup }) => {
    const service = await startOrderService(limits);
    onCleanup(service.stop);
    return service;
  })
  .extend(
    'service',
    ({ started: { proxy, userService, productService, catalogue, statements, ...rest } }) => {
      proxy.pretend('there');
      catalogue.clear();
      statements.length = 0;
      for (const fake of [userService, productService]) {
        fake.mode = 'answer';
        fake.requests.length = 0;
      }
      userService.routes = { 'GET /api/user': ({ headers }) => whoIs(headers.authorization) };
      productService.routes = {
        'GET /api/products': ({ path }) => {
          const ids = new URL(path, productService.url).searchParams.get('ids')?.split(',') ?? [];
          return { body: { results: ids.flatMap((id) => catalogue.get(Number(id)) ?? []) } };
        },
      };
      return { proxy, userService, productService, catalogue, statements, ...rest };
    },
  );

let lastId = 0;

function nextId(): number {
  lastId += 1;
  return lastId;
}

function whoIs(authorization: string | undefined) {
  const [, role, id] = /^Bearer (customer|admin)-(\d+)$/.exec(authorization ?? '') ?? [];
  if (!id) return { status: 401, body: { message: 'Not logged in' } };
  return { body: { result: { id: Number(id), username: `user${id}`, is_admin: role === 'admin' } } };
}

export type Customer = ReturnType<typeof customer>;

function customer(url: string, isAdmin: boolean) {
  const id = nextId();
  const apiKey = `${isAdmin ? 'admin' : 'customer'}-${id}`;
  const api = request.agent(url).auth(apiKey, { type: 'bearer' });
  return {
    id,
    apiKey,
    api,
    add: (product_id: unknown, qty: unknown = 1) => api.post('/api/order/add-item').send({ product_id, qty }),
    setQuantity: (productId: unknown, qty: unknown) => api.put(`/api/order/item/${productId}`).send({ qty }),
    remove: (productId: unknown) => api.delete(`/api/order/remove-item/${productId}`),
    cart: () => api.get('/api/order'),
    checkOut: (body?: object) => api.post('/api/order/checkout').send(body),
    orders: async (query = '') => z.array(order).parse((await api.get(`/api/orders${query}`)).body),
  };
}

/** Reads the order in an answer, which must be 200. */
export function orderOf(reply: Response) {
  if (reply.status !== 200) throw new Error(`No order, but ${reply.status} ${JSON.stringify(reply.body)}`);
  return z.object({ result: order }).parse(reply.body).result;
}
