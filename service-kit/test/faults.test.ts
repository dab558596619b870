import request from 'supertest';
import { test as base, describe, expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { freshDatabase } from '../../test/database';
import { elapsed } from '../../test/elapsed';
import { listen } from '../../test/listen';
import { describedRoutes } from '../../test/openapi';
import { createApi } from '../src/api';
import { createDatabase } from '../src/database';
import { createFaults } from '../src/faults/faults';
import { unavailable } from '../src/http-error';
import { closeShell, createShell } from '../src/http-shell';
import { captureLog } from './captured-log';

const TOKEN = 'only the tests know'.replaceAll(' ', '-');
const SWITCH = '/internal/faults';

const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
  .extend('schema', { scope: 'file' }, async ({}) => freshDatabase('fault_dbase'))
  .extend('store', async ({ schema }) => openStore(schema, TOKEN));

/** A service with a switch, for the test at work. */
async function openStore(schema: Parameters<typeof createDatabase>[0], token: string | undefined) {
  const log = captureLog();
  const { logger } = log;
  const faults = createFaults({ service: 'store', token, logger });
  const database = createDatabase(schema, { logger, faults });
  const app = createShell({ logger, readiness: { fault_dbase: database.ping }, faults });
  const api = createApi({ title: 'store', description: 'A service with a switch.' });
  const reply = z.object({ rows: z.array(z.unknown()) });
  const common = { summary: 'x', reply } as const;
  const one = 'SELECT 1 AS one';
  api.route({ ...common, method: 'get', path: '/thing', handler: async () => ({ rows: [] }) });
  api.route({ ...common, method: 'get', path: '/thing/:id', handler: async () => ({ rows: [] }) });
  api.route({ ...common, method: 'post', path: '/thing/new', handler: async () => ({ rows: [] }) });
  api.route({
    ...{ ...common, method: 'get', path: '/outage' },
    handler: async () => {
      throw unavailable('store');
    },
  });
  api.route({
    ...{ ...common, method: 'get', path: '/rows' },
    handler: async () => ({ rows: await database.query(one) }),
  });
  api.route({
    ...{ ...common, method: 'post', path: '/rows', body: z.object({ name: z.string() }) },
    handler: async () => ({ rows: await database.transaction((connection) => connection.query(one)) }),
  });
  faults?.addRoutes(api);
  app.use(api.router());
  closeShell(app, logger);
  const server = await listen(app);
  onTestFinished(async () => {
    await Promise.all([server.close(), database.close()]);
  });
  const operator = request.agent(server.url).auth(TOKEN, { type: 'bearer' });
  const statusOf = async (path: string) => (await request(server.url).get(path)).status;
  return {
    api: request(server.url),
    operator,
    log,
    statusOf,
    set: async (fault: object) => operator.put(SWITCH).send({ duration_s: 900, ...fault }),
    linesOf: (message: string) => log.lines().filter(({ msg }) => msg === message),
  };
}

describe('When an operator sets a fault', () => {
  test('then it is reported, shown and logged, until it is deleted', async ({ store }) => {
    const before = Date.now();
    const set = await store.set({ error_rate: 0.5, latency_ms: 1, routes: ['/rows', '/thing/:id'] });
    const fault = {
      ...{ latency_ms: 1, latency_jitter_ms: 0, error_rate: 0.5, error_status: 503, db_latency_ms: 0 },
      ...{ routes: ['/rows', '/thing/:id'], duration_s: 900, hidden: false, ends_at: expect.any(String) },
    };
    expect(set).toMatchObject({ status: 200 });
    expect(set.body).toEqual({ fault });
    expect(Date.parse(set.body.fault.ends_at) - before).toBeGreaterThanOrEqual(900_000);
    await store.operator.get(SWITCH).expect(200, set.body);
    const fields = {
      ...{ 'vitrine.fault.latency_ms': 1, 'vitrine.fault.latency_jitter_ms': 0 },
      ...{ 'vitrine.fault.error_rate': 0.5, 'vitrine.fault.error_status': 503 },
      ...{ 'vitrine.fault.db_latency_ms': 0, 'vitrine.fault.routes': '/rows, /thing/:id' },
      ...{ 'vitrine.fault.duration_s': 900, 'vitrine.fault.hidden': false },
    };
    expect(store.log.lines()).toEqual([
      { level: 'warn', time: expect.any(String), msg: 'fault started', ...fields },
    ]);
    await store.operator.delete(SWITCH).expect(200, { fault: null });
    await store.operator.get(SWITCH).expect(200, { fault: null });
    await store.operator.delete(SWITCH).expect(200, { fault: null });
    expect(store.log.lines().slice(1)).toEqual([
      {
        ...{ level: 'warn', time: expect.any(String), msg: 'fault ended', ...fields },
        'vitrine.fault.end_reason': 'deleted',
      },
    ]);
  });

  test('then it ends by itself', async ({ store }) => {
    await store.set({ error_rate: 1, duration_s: 1 });
    expect(await store.statusOf('/thing')).toBe(503);
    await expect.poll(() => store.statusOf('/thing')).toBe(200);
    await store.operator.get(SWITCH).expect({ fault: null });
    expect(store.linesOf('fault ended')).toMatchObject([{ 'vitrine.fault.end_reason': 'expired' }]);
  });

  test('then it takes the place of the one before, whose time no longer counts', async ({ store }) => {
    await store.set({ error_rate: 1, duration_s: 1 });
    const { body } = await store.set({ error_rate: 1, error_status: 500, duration_s: 2 });
    expect(await store.statusOf('/thing')).toBe(500);
    await expect.poll(async () => (await store.operator.get(SWITCH)).body).toEqual({ fault: null });
    // A timer may be early by a millisecond.
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(body.fault.ends_at) - 1);
    const reasons = store.linesOf('fault ended').map((line) => line['vitrine.fault.end_reason']);
    expect(reasons).toEqual(['replaced', 'expired']);
  });

  test('then a restart ends it', async ({ store, schema }) => {
    await store.set({ error_rate: 1 });
    const restarted = await openStore(schema, TOKEN);
    await restarted.operator.get(SWITCH).expect({ fault: null });
    expect(await restarted.statusOf('/thing')).toBe(200);
  });

  test('by a form, then it is the same', async ({ store }) => {
    const form = 'error_rate=0.25&routes=/rows&duration_s=9&hidden=false&error_status=502';
    const { body } = await store.operator.put(SWITCH).type('form').send(form).expect(200);
    expect(body.fault).toMatchObject({
      ...{ error_rate: 0.25, routes: ['/rows'], duration_s: 9, hidden: false, error_status: 502 },
    });
  });

  const LATENCY = 'must be a whole number from 0 to 60000';
  const RATE = 'must be a number from 0 to 1, such as 0.5';
  const STATUS = 'must be a whole number from 500 to 599';
  const DURATION = 'must be a whole number from 1 to 900';
  test.for<[fault: object, field: string, message: string]>([
    [{}, 'latency_ms', 'must be above 0, unless error_rate or db_latency_ms is'],
    [{ error_status: 500 }, 'latency_ms', 'must be above 0, unless error_rate or db_latency_ms is'],
    [{ latency_ms: 60_001 }, 'latency_ms', LATENCY],
    [{ latency_ms: 0.5 }, 'latency_ms', LATENCY],
    [{ latency_ms: -1 }, 'latency_ms', LATENCY],
    [{ latency_ms: null }, 'latency_ms', LATENCY],
    [{ latency_jitter_ms: 60_001 }, 'latency_jitter_ms', LATENCY],
    [{ db_latency_ms: 60_001 }, 'db_latency_ms', LATENCY],
    [{ error_rate: 1.01 }, 'error_rate', RATE],
    [{ latency_ms: 1, error_rate: -0.5 }, 'error_rate', RATE],
    [{ error_rate: 'half' }, 'error_rate', RATE],
    [{ error_rate: 1, error_status: 499 }, 'error_status', STATUS],
    [{ error_rate: 1, error_status: 600 }, 'error_status', STATUS],
    [{ error_rate: 1, error_status: 503.5 }, 'error_status', STATUS],
    [{ error_rate: 1, duration_s: 0 }, 'duration_s', DURATION],
    [{ error_rate: 1, duration_s: 901 }, 'duration_s', DURATION],
    [{ error_rate: 1, duration_s: undefined }, 'duration_s', 'is required'],
    [{ error_rate: 1, hidden: 'yes' }, 'hidden', 'must be true or false'],
    [{ error_rate: 1, routes: [1] }, 'routes', 'must be an array of route patterns'],
    [
      { error_rate: 1, routes: ['/thing', '/things'] },
      'routes',
      'must be among the routes of this service: /thing, /thing/new, /outage, /rows, /thing/:id',
    ],
    [{ error_rate: 1, route: ['/thing'] }, 'route', 'is not known'],
  ])('as %j, then %s %s', async ([fault, field, message], { store }) => {
    const answer = await store.set(fault);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field, message }] } });
    await store.operator.get(SWITCH).expect({ fault: null });
    expect(await store.statusOf('/thing')).toBe(200);
  });

  test.for(['error_rate', 'latency_ms', 'latency_jitter_ms', 'db_latency_ms'])(
    'with nothing but %s of 1, as JSON has it or with a point, then it is accepted',
    async (effect, { store }) => {
      for (const one of ['1', '1.0']) {
        const body = `{"${effect}":${one},"duration_s":1}`;
        await store.operator.put(SWITCH).type('json').send(body).expect(200);
      }
    },
  );
});

describe('When the token', () => {
  test.for([
    ['is missing', ''],
    ['is wrong', `Bearer ${TOKEN}x`],
    ['is of another scheme', `Basic ${TOKEN}`],
    ['is empty', 'Bearer '],
  ] as const)('%s, then the answer is 401, and there is no fault', async ([, header], { store }) => {
    for (const method of ['get', 'put', 'delete'] as const) {
      const send = store.api[method](SWITCH).set('Authorization', header);
      const answer = await (method === 'put' ? send.send({ error_rate: 1, duration_s: 9 }) : send);
      expect(answer).toMatchObject({ status: 401, body: { message: 'The token is missing or wrong' } });
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
    expect(await store.statusOf('/thing')).toBe(200);
    expect(store.log.text()).not.toContain(TOKEN);
  });

  test('is not set, then there is no such route', async ({ schema }) => {
    const { operator, api } = await openStore(schema, undefined);
    for (const method of ['get', 'put', 'delete'] as const) await operator[method](SWITCH).expect(404);
    const { body } = await api.get('/openapi.json');
    expect(await describedRoutes(body)).not.toContain(`PUT ${SWITCH}`);
  });

  test('is set, then the OpenAPI document describes the switch, and how the token is sent', async ({
    store,
  }) => {
    const { body } = await store.api.get('/openapi.json');
    const routes = ['DELETE', 'GET', 'PUT'].map((method) => `${method} ${SWITCH}`);
    expect(await describedRoutes(body)).toEqual(expect.arrayContaining(routes));
    expect(body.paths[SWITCH].put.security).toEqual([{ faultToken: [] }]);
    expect(body.components.securitySchemes.faultToken).toMatchObject({ type: 'http', scheme: 'bearer' });
  });
});

describe('When all requests fail', () => {
  test('then these are still answered: probes, the OpenAPI document, and what operators ask', async ({
    store,
  }) => {
    await store.set({ error_rate: 1, latency_ms: 1 });
    for (const path of ['/healthz', '/readyz', '/openapi.json']) expect(await store.statusOf(path)).toBe(200);
    for (const path of ['/static/x', '/internal/x', '/INTERNAL/x'])
      expect(await store.statusOf(path)).toBe(404);
    await store.operator.get(SWITCH).expect(200);
    for (const path of ['/thing', '/thing/1', '/nothing', '/internals'])
      expect(await store.statusOf(path)).toBe(503);
  });

  test('then answers and log lines are those of an outage, less its stack', async ({ store }) => {
    const real = await store.api.get('/outage');
    await store.set({ error_rate: 1, hidden: true });
    const faulty = await store.api.get('/thing').expect(503);
    expect(faulty.body).toEqual(real.body);
    expect(Object.keys(faulty.headers)).toEqual(Object.keys(real.headers));
    await expect.poll(() => store.log.lines()).toHaveLength(4);
    const [failed, answered, failedByFault, answeredByFault] = store.log.lines();
    const { stack, ...err } = z.looseObject({ stack: z.string() }).parse(failed?.err);
    expect(failedByFault).toEqual({ ...failed, time: expect.any(String), err });
    expect(answeredByFault).toEqual({
      ...{ ...answered, 'http.route': '/thing', 'url.path': '/thing' },
      ...{ time: expect.any(String), duration_ms: expect.any(Number) },
    });
  });

  test.for([
    [500, 'Something went wrong on our side'],
    [599, 'store is not available'],
  ] as const)('with %i, then the message is %j', async ([status, message], { store }) => {
    await store.set({ error_rate: 1, error_status: status, hidden: true });
    await store.api.get('/thing').expect(status, { message });
    expect(store.log.text()).not.toMatch(/fault|stack/i);
  });
});

test('When a fault is of some routes, then no other is affected', async ({ store }) => {
  await store.set({ error_rate: 1, routes: ['/thing/:id', '/rows'] });
  for (const path of ['/thing/1', '/thing/1/', '/THING/1?x=1', '/rows'])
    expect(await store.statusOf(path), path).toBe(503);
  for (const path of ['/thing', '/thing/']) expect(await store.statusOf(path), path).toBe(200);
  for (const path of ['/nothing', '/thing/1/2', '/%ff']) expect(await store.statusOf(path), path).toBe(404);
  // As in Express, this is not the route with the parameter.
  await store.api.post('/thing/new').expect(200);
});

test('When half of the requests fail, then some do and some do not', async ({ store }) => {
  await store.set({ error_rate: 0.5 });
  const statuses = await Promise.all(Array.from({ length: 200 }, () => store.statusOf('/thing')));
  const failed = statuses.filter((status) => status === 503);
  expect(new Set(statuses)).toEqual(new Set([200, 503]));
  expect(failed.length).toBeGreaterThan(50);
  expect(failed.length).toBeLessThan(150);
});

describe('When requests are late', () => {
  test('then they wait as long as they are told, and are answered as ever', async ({ store }) => {
    await store.set({ latency_ms: 250, routes: ['/thing'] });
    const { ms, value } = await elapsed(store.api.get('/thing'));
    expect(value).toMatchObject({ status: 200, body: { rows: [] } });
    // A timer may be early by a millisecond.
    expect(ms).toBeGreaterThanOrEqual(249);
  });

  test('then those that wait go on when the fault is over, and do not fail', async ({ store }) => {
    const noticed: unknown[] = [];
    const notice = (warning: Error) => noticed.push(warning);
    process.on('warning', notice);
    onTestFinished(() => void process.off('warning', notice));
    await store.set({ latency_ms: 60_000, latency_jitter_ms: 60_000, error_rate: 1, routes: ['/thing'] });
    const late = Array.from({ length: 30 }, () => store.statusOf('/thing'));
    expect(await store.statusOf('/thing/1')).toBe(200);
    await store.operator.delete(SWITCH);
    expect(new Set(await Promise.all(late))).toEqual(new Set([200]));
    expect(noticed).toEqual([]);
  });
});

describe('When the database is late', () => {
  const slow = (store: Awaited<ReturnType<typeof openStore>>) =>
    store.linesOf('slow statement').map((line) => line['db.query.text']);

  test('then each statement of an affected request takes longer, in a transaction, too', async ({
    store,
  }) => {
    await store.set({ db_latency_ms: 210, routes: ['/rows'] });
    await store.api.get('/rows').expect(200, { rows: [{ one: 1 }] });
    expect(slow(store)).toEqual(['SELECT 1 AS one']);
    await store.api
      .post('/rows')
      .send({ name: 'x' })
      .expect(200, { rows: [{ one: 1 }] });
    expect(slow(store).slice(1)).toEqual(['START TRANSACTION', 'SELECT 1 AS one', 'COMMIT']);
    for (const line of store.linesOf('slow statement')) expect(line.duration_ms).toBeGreaterThanOrEqual(210);
  });

  test('then neither probes nor other routes wait for it', async ({ store }) => {
    await store.set({ db_latency_ms: 60_000, routes: ['/thing'] });
    expect(await store.statusOf('/readyz')).toBe(200);
    expect(await store.statusOf('/rows')).toBe(200);
    await store.set({ db_latency_ms: 60_000 });
    expect(await store.statusOf('/readyz')).toBe(200);
  });

  test('by more than a statement may take, then requests fail as when it hangs, and it heals at once', async ({
    store,
    schema,
  }) => {
    await store.set({ db_latency_ms: 60_000 });
    // More than the pool has connections.
    const answers = await Promise.all(Array.from({ length: 12 }, () => store.api.get('/rows')));
    for (const answer of answers)
      expect(answer).toMatchObject({
        ...{ status: 503, body: { message: `${schema.database} is not available` } },
      });
    await store.operator.delete(SWITCH);
    await store.api.get('/rows').expect(200);
  });
});

test('When a fault is hidden, then nothing tells of it until it ends', async ({ store }) => {
  const { body } = await store.set({ latency_ms: 1, error_rate: 1, hidden: true });
  expect(body).toMatchObject({ fault: { hidden: true, ends_at: expect.any(String) } });
  await store.operator.get(SWITCH).expect({ fault: null });
  expect(await store.statusOf('/thing')).toBe(503);
  expect(store.log.text()).not.toContain('fault');
  await store.operator.delete(SWITCH);
  const ended = { 'vitrine.fault.hidden': true, 'vitrine.fault.end_reason': 'deleted' };
  expect(store.log.lines().filter(({ msg }) => /fault/.test(String(msg)))).toMatchObject([
    { msg: 'fault ended', ...ended },
  ]);
});
