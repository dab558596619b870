import { describe, expect } from 'vitest';
import { describedRoutes } from '../../test/openapi';
import { apiKeyOf, aUser, logIn, register, test } from './user-service';

const routes = [
  'POST /api/user/create',
  'POST /api/user/login',
  'POST /api/user/logout',
  'GET /api/user',
  'GET /api/user/{username}/exists',
  'GET /api/users',
];

describe('When the OpenAPI document is asked for', () => {
  test('then it is valid 3.1 and describes every route', async ({ service }) => {
    const { body } = await service.api.get('/openapi.json');
    expect(await describedRoutes(body)).toStrictEqual(routes.toSorted());
  });
});

describe('When a request fits no route', () => {
  test.for(routes)('%s with another method, then 405 says which it takes', async (route, { service }) => {
    const [method = '', path = ''] = route.replace('{username}', 'admin').split(' ');
    const another = method === 'GET' ? 'post' : 'get';
    for (const other of ['put', 'patch', 'delete', 'options', another] as const) {
      await service.api[other](path).expect(405).expect('Allow', new RegExp(method));
    }
  });

  test.for([
    '/',
    '/api',
    '/api/user/',
    '/api/user/1',
    '/api/user/a/b',
    '/admin',
    '/api/users/1',
    '/%2e%2e/x',
  ])('GET %s, then 404 in JSON', async (path, { service }) => {
    const { body } = await service.api.get(path).expect(path === '/api/user/' ? 401 : 404);
    expect(body).toMatchObject({ message: expect.any(String) });
  });

  test('but HEAD where GET is, then it is GET without a body', async ({ service }) => {
    const there = await service.api.head('/api/user/admin/exists');
    expect(there).toMatchObject({ status: 200, text: undefined });
    const refused = await service.api.head('/api/user');
    expect(refused).toMatchObject({ status: 401, text: undefined });
  });
});

describe('When the database', () => {
  test('hangs, then every route answers 503 that names it, and all is well when it is back', async ({
    service,
  }) => {
    const user = await register(service.api);
    const apiKey = await apiKeyOf(service.api, user);
    const asks = [
      () => service.api.post('/api/user/create').send(aUser()),
      () => logIn(service.api, user.username, user.password),
      () => service.api.post('/api/user/logout').auth(apiKey, { type: 'bearer' }),
      () => service.api.get('/api/user').auth(apiKey, { type: 'bearer' }),
      () => service.api.get('/api/user/admin/exists'),
      () => service.api.get('/api/users').auth(apiKey, { type: 'bearer' }),
      () => service.api.get('/readyz'),
    ];
    for (const state of ['hanging', 'gone'] as const) {
      service.proxy.pretend(state);
      const startedAt = performance.now();
      const replies = await Promise.all(asks.map((ask) => ask()));
      service.proxy.pretend('there');
      expect(performance.now() - startedAt).toBeLessThan(1500);
      for (const reply of replies) {
        expect(reply.status).toBe(503);
        expect(JSON.stringify(reply.body)).toMatch(
          /user_dbase.* is not available|"user_dbase":"unavailable"/,
        );
      }
      await expect.poll(async () => (await service.api.get('/readyz')).status).toBe(200);
      await service.api.get('/api/user').auth(apiKey, { type: 'bearer' }).expect(200);
    }
  });

  test('hangs, then the process is healthy nonetheless', async ({ service }) => {
    service.proxy.pretend('hanging');
    await service.api.get('/healthz').expect(200, { status: 'ok' });
    service.proxy.pretend('there');
  });
});

describe('When rows come from elsewhere, then the schema refuses', () => {
  const row = {
    username: 'row',
    email: 'r@example.com',
    first_name: 'R',
    last_name: 'S',
    password_hash: 'x'.repeat(60),
  };
  test.for<[why: string, fields: Partial<Record<keyof typeof row, string | null>>]>([
    ['a short username', { username: 'ab' }],
    ['a long username', { username: 'x'.repeat(33) }],
    ['a taken username', { username: 'Admin' }],
    ['a taken email', { email: 'ADMIN@example.com' }],
    ['no email', { email: null }],
    ['an email without @', { email: 'example.com' }],
    ['an empty first name', { first_name: '' }],
    ['an empty last name', { last_name: '' }],
    ['a password that is no hash', { password_hash: 'admin123' }],
  ])('%s', async ([, fields], { service }) => {
    const values = { ...row, ...fields };
    const insert = `INSERT INTO users (${Object.keys(values)}) VALUES (${Object.keys(values).fill('?')})`;
    await expect(service.sql.execute(insert, Object.values(values))).rejects.toThrow();
  });

  test('an api key of nobody', async ({ service }) => {
    const insert = "INSERT INTO api_keys VALUES (REPEAT('x', 32), 4000000000, UTC_TIMESTAMP(3))";
    await expect(service.sql.execute(insert)).rejects.toThrow('foreign key');
  });
});
