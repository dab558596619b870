import { join } from 'node:path';
import { createDatabase } from '@vitrine/service-kit/database';
import { createLogger } from '@vitrine/service-kit/logger';
import { migrate } from '@vitrine/service-kit/migrate';
import { createServiceClient } from '@vitrine/service-kit/service-client';
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
import { product } from '../src/product';

export const migrations = join(__dirname, '../migrations');
export const logger = createLogger({ level: 'silent' });

export const ADMIN_KEY = 'a'.repeat(43);
export const CUSTOMER_KEY = 'c'.repeat(43);

/** Starts the service with a real database and a fake user-service. */
async function startProductService({ deadlineMs, timeoutMs }: TimeLimits) {
  const settings = await freshDatabase('product_dbase');
  await migrate({ settings, account: migrationAccountOf(settings), directory: migrations, logger });
  const proxy = await startTcpProxy(settings);
  const database = recordStatements(createDatabase({ ...settings, port: proxy.port }, { deadlineMs }));
  const userService = await startFakeService(knownKeys);
  const app = createApp({
    database,
    logger,
    userService: createServiceClient({ name: 'user-service', baseUrl: userService.url, timeoutMs }),
  });
  const server = await listen(app);
  const stop = async () => {
    await Promise.all([server.close(), userService.stop(), database.close()]);
    await proxy.close();
  };
  return {
    /** `api` sends no key, `admin` that of an administrator. */
    api: request(server.url),
    admin: request.agent(server.url).auth(ADMIN_KEY, { type: 'bearer' }),
    userService,
    proxy,
    schema: settings.database,
    settings,
    /** What the service has asked its database since the test began. */
    statements: database.statements,
    stop,
  };
}

const knownKeys: FakeService['routes'] = {
  'GET /api/user': ({ headers }) => {
    const key = headers.authorization?.replace('Bearer ', '');
    if (key !== ADMIN_KEY && key !== CUSTOMER_KEY) return { status: 401, body: { message: 'Not logged in' } };
    return { body: { result: { id: 1, username: 'someone', is_admin: key === ADMIN_KEY } } };
  },
};

export const test = base
  .extend('limits', { scope: 'file' }, timeLimits.ample)
  .extend('started', { scope: 'file' }, async ({ limits }, { onCleanup }) => {
    const service = await startProductService(limits);
    onCleanup(service.stop);
    return service;
  })
  .extend('service', ({ started }) => {
    started.proxy.pretend('there');
    Object.assign(started.userService, { mode: 'answer', routes: knownKeys });
    started.userService.requests.length = started.statements.length = 0;
    return started;
  });

/** Reads the product in the answer to its creation. */
export function productOf(reply: Response) {
  return z.object({ product }).parse(reply.body).product;
}

let serial = 0;

/** Every route that changes something. */
export const changes = [
  ['post', '/api/product/create'],
  ['put', '/api/product/1'],
  ['delete', '/api/product/1'],
] as const;

/** Makes up the fields of a product that no other test has. */
export function aProduct(fields: Record<string, unknown> = {}) {
  serial += 1;
  return { name: `Lamp ${serial}`, slug: `lamp-${serial}`, image: 'lamp.svg', price: 30, ...fields };
}
