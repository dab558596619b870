import { createFaults } from '@vitrine/service-kit/faults/faults';
import { createLogger } from '@vitrine/service-kit/logger';
import { describe, expect } from 'vitest';
import { elapsed } from '../../test/elapsed';
import { describedRoutes } from '../../test/openapi';
import { requestsTo } from '../../test/request';
import { test as base, logIn } from './shop';

const TOKEN = 'token-of-the-operator-4711';
const SWITCH = '/internal/faults';

/** A replica of the shop with a fault switch. */
const test = base.extend('replica', async ({ shop }, { onCleanup }) => {
  const logger = createLogger({ level: 'silent' });
  const faults = createFaults({ service: 'frontend', token: TOKEN, logger });
  const { url, close } = await shop.openDoors({ faults });
  onCleanup(async () => void (await close()));
  const ask = requestsTo(url);
  const set = (fault: object) => ask(`PUT ${SWITCH}`, { apiKey: TOKEN, json: { duration_s: 900, ...fault } });
  return { url, ask, set };
});

describe('When an operator asks', () => {
  test('then the answer is JSON, also when it is an error', async ({ replica }) => {
    const { ask, set } = replica;
    expect(await ask(`GET ${SWITCH}`)).toMatchObject({
      ...{ status: 401, body: { message: 'The token is missing or wrong' } },
    });
    expect(await ask(`GET ${SWITCH}`, { apiKey: TOKEN })).toMatchObject({
      status: 200,
      body: { fault: null },
    });
    expect(await ask('GET /internal/nothing')).toMatchObject({ status: 404, body: { message: 'Not found' } });
    const headers = { 'content-type': 'application/json' };
    expect(await ask(`PUT ${SWITCH}`, { apiKey: TOKEN, headers, body: '{' })).toMatchObject({ status: 400 });
    const { body } = await set({ error_rate: 1, routes: ['/api/products'] });
    expect(body).toMatchObject({
      errors: [
        { field: 'routes', message: expect.stringMatching(/service: .*, \/, .*\/cart\/update\/:product_id/) },
      ],
    });
    expect(JSON.stringify(body)).not.toContain('internal');
  });

  test('then the OpenAPI document has the switch only', async ({ replica, stranger }) => {
    const { body } = await replica.ask('GET /openapi.json');
    expect(await describedRoutes(body)).toEqual(
      ['DELETE', 'GET', 'PUT'].map((method) => `${method} ${SWITCH}`),
    );
    expect((await stranger.open('/openapi.json')).status).toBe(404);
    expect((await stranger.open(SWITCH)).status).toBe(404);
  });
});

test('When pages fail, then a visitor sees an error page that knows them, with style', async ({
  shop,
  replica,
}) => {
  const alice = await logIn({ ...shop, url: replica.url }, 'alice');
  for (const error_status of [500, 503]) {
    expect(await replica.set({ error_rate: 1, error_status, routes: ['/product/:slug'] })).toMatchObject({
      status: 200,
    });
    const page = await alice.open('/product/laptop-pro');
    expect(page).toMatchObject({ status: error_status, text: expect.stringContaining('Bonjour Alice') });
    expect((await alice.open('/static/shop.css')).status).toBe(200);
    expect((await alice.open('/')).status).toBe(200);
  }
});

test('When the database is late, then a page for a visitor is, whose session it has', async ({
  shop,
  replica,
}) => {
  const alice = await logIn({ ...shop, url: replica.url }, 'alice');
  await replica.set({ db_latency_ms: 300, routes: ['/'] });
  const { value: page, ms } = await elapsed(alice.open('/'));
  expect(page.text).toContain('Bonjour Alice');
  expect(ms).toBeGreaterThanOrEqual(299);
});
