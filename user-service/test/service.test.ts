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
    const { body } = await service.request('GET /openapi.json');
    expect(await describedRoutes(body)).toStrictEqual(routes.toSorted());
  });
});

describe('When a request fits no route', () => {
  test.for(routes)('%s with another method, then 405 says which it takes', async (route, { service }) => {
    const [method, path] = route.replace('{username}', 'admin').split(' ');
    for (const other of ['PUT', 'PATCH', 'DELETE', 'OPTIONS', method === 'GET' ? 'POST' : 'GET']) {
      const reply = await service.request(`${other} ${path}`);
      expect(reply.status).toBe(405);
      expect(reply.headers.get('allow')).toContain(method);
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
    const reply = await service.request(`GET ${path}`);
    expect(reply).toMatchObject({ status: path === '/api/user/' ? 401 : 404 });
    expect(reply.body).toMatchObject({ message: expect.any(String) });
  });

  test('but HEAD where GET is, then it is GET without a body', async ({ service }) => {
    expect(await service.request('HEAD /api/user/admin/exists')).toMatchObject({
      status: 200,
      body: undefined,
    });
    expect(await service.request('HEAD /api/user')).toMatchObject({ status: 401, body: undefined });
  });
});

describe('When the database', () => {
  test('hangs, then every route answers 503 that names it, and all is well when it is back', async ({
    service,
  }) => {
    const user = await register(service.request);
    const apiKey = await apiKeyOf(service.request, user);
    const asks = [
      () => service.request('POST /api/user/create', { json: aUser() }),
      () => logIn(service.request, user.username, user.password),
      () => service.request('POST /api/user/logout', { apiKey }),
      () => service.request('GET /api/user', { apiKey }),
      () => service.request('GET /api/user/admin/exists'),
      () => service.request('GET /api/users', { apiKey }),
      () => service.request('GET /readyz'),
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
      await expect.poll(async () => (await service.request('GET /readyz')).status).toBe(200);
      expect((await service.request('GET /api/user', { apiKey })).status).toBe(200);
    }
  });

  test('hangs, then the process is healthy nonetheless', async ({ service }) => {
    service.proxy.pretend('hanging');
    expect(await service.request('GET /healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
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
