import { describe, expect } from 'vitest';
import { describedRoutes } from '../../test/openapi';
import { aUser, test } from './user-service';

const routes = [
  'POST /api/user/create',
  'POST /api/user/login',
  'POST /api/user/logout',
  'GET /api/user',
  'GET /api/user/{username}/exists',
  'GET /api/users',
];

test('When the OpenAPI document is requested, then it is valid 3.1 and describes every route', async ({
  service,
}) => {
  const { body } = await service.api.get('/openapi.json');
  expect(await describedRoutes(body)).toStrictEqual(routes.toSorted());
});

test('When the document describes the logout, then an api key is optional, and a body is checked', async ({
  service,
}) => {
  const { body } = await service.api.get('/openapi.json');
  const { security, responses } = body.paths['/api/user/logout'].post;
  expect(security).toStrictEqual([{ apiKey: [] }, {}]);
  expect(Object.keys(responses)).toStrictEqual(['200', '400', '413', '415', '503']);
});

test('When the document describes a password, then every text that fits is accepted', async ({ service }) => {
  const { body } = await service.api.get('/openapi.json');
  const { schema } = body.paths['/api/user/create'].post.requestBody.content['application/json'];
  const declared = new RegExp(schema.properties.password.pattern, 'u');
  const passwords = ['x'.repeat(72), 'é'.repeat(36), '日'.repeat(24), '😀'.repeat(18), 'correct horse é日😀'];
  for (const password of passwords) {
    expect(password).toMatch(declared);
    await service.api.post('/api/user/create').send(aUser({ password })).expect(201);
  }
  for (const password of ['1234567', 'x'.repeat(73), '日'.repeat(25), 'a\0bcdefgh', '\ufffdbcdefgh'])
    expect(password).not.toMatch(declared);
});

describe('a request that fits no route', () => {
  test.for(routes)(
    'When the route of %s is requested with another method, then 405 names the right one',
    async (route, { service }) => {
      const [method = '', path = ''] = route.replace('{username}', 'admin').split(' ');
      const another = method === 'GET' ? 'post' : 'get';
      for (const other of ['put', 'patch', 'delete', 'options', another] as const) {
        await service.api[other](path).expect(405).expect('Allow', new RegExp(method));
      }
    },
  );

  test.for<[path: string, status: number]>([
    ['/', 404],
    ['/api', 404],
    ['/api/user/', 401],
    ['/api/user/1', 404],
    ['/api/user/a/b', 404],
    ['/admin', 404],
    ['/api/users/1', 404],
    ['/%2e%2e/x', 404],
  ])('When GET %s is requested, then %i in JSON', async ([path, status], { service }) => {
    const { body } = await service.api.get(path).expect(status);
    expect(body).toMatchObject({ message: expect.any(String) });
  });

  test('When HEAD is requested, then the answer has the status of GET and no body', async ({ service }) => {
    const there = await service.api.head('/api/user/admin/exists');
    expect(there).toMatchObject({ status: 200, text: undefined });
    const refused = await service.api.head('/api/user');
    expect(refused).toMatchObject({ status: 401, text: undefined });
  });
});

describe('the schema', () => {
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
  ])('When a row has %s, then the database refuses it', async ([, fields], { service }) => {
    const values = { ...row, ...fields };
    const insert = `INSERT INTO users (${Object.keys(values)}) VALUES (${Object.keys(values).fill('?')})`;
    await expect(service.sql.execute(insert, Object.values(values))).rejects.toThrow();
  });

  test('When an api key belongs to no user, then the database refuses it', async ({ service }) => {
    const insert = "INSERT INTO api_keys VALUES (REPEAT('x', 32), 4000000000, UTC_TIMESTAMP(3))";
    await expect(service.sql.execute(insert)).rejects.toThrow('foreign key');
  });
});
