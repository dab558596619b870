import { isDeepStrictEqual } from 'node:util';
import { describe, expect } from 'vitest';
import { apiKeyOf, register, test } from './user-service';

const LOGGED_OUT = { message: 'You are logged out' };
const NOT_LOGGED_IN = { message: 'You are not logged in' };

describe('an api key in a request', () => {
  test.for(['Basic ', 'Bearer ', 'bearer ', ''])(
    'When the header is "%s<key>", then the answer names the user of that key',
    async (scheme, { service }) => {
      const { password, ...user } = await register(service.api);
      const authorization = scheme + (await apiKeyOf(service.api, { ...user, password }));
      await service.api
        .get('/api/user')
        .set('Authorization', authorization)
        .expect(200, { result: { ...user, is_active: true, is_admin: false } });
    },
  );

  test('When the user of the key has been made inactive, then 401', async ({ service }) => {
    const user = await register(service.api);
    const apiKey = await apiKeyOf(service.api, user);
    await service.sql.execute('UPDATE users SET is_active = FALSE WHERE id = ?', [user.id]);
    await service.api.get('/api/user').auth(apiKey, { type: 'bearer' }).expect(401);
  });

  test('When the key has expired, then 401', async ({ service }) => {
    const user = await register(service.api);
    const apiKey = await apiKeyOf(service.api, user);
    const age = 'UPDATE api_keys SET expires_at = expires_at - INTERVAL 24 HOUR WHERE user_id = ?';
    await service.sql.execute(age, [user.id]);
    await service.api.get('/api/user').auth(apiKey, { type: 'bearer' }).expect(401);
    await service.api.post('/api/user/logout').auth(apiKey, { type: 'bearer' }).expect(200, NOT_LOGGED_IN);
  });

  test('When the key is a minute short of 24 hours old, then it is still valid', async ({ service }) => {
    const user = await register(service.api);
    const apiKey = await apiKeyOf(service.api, user);
    const age = 'UPDATE api_keys SET expires_at = expires_at - INTERVAL 1439 MINUTE WHERE user_id = ?';
    await service.sql.execute(age, [user.id]);
    await service.api.get('/api/user').auth(apiKey, { type: 'bearer' }).expect(200);
  });
});

describe('an unknown api key', () => {
  test.for([
    ...[
      '',
      'Basic',
      'Basic ',
      'Bearer unknown',
      'x'.repeat(43),
      'x'.repeat(5000),
      'Digest abc',
      "Bearer ' OR 1=1 -- ",
    ],
    ...['Bearer %ff', 'Bearer \u00e9', 'Basic YWRtaW46YWRtaW4xMjM='],
  ])('When the Authorization header is %j, then 401', async (authorization, { service }) => {
    await service.api
      .get('/api/user')
      .set('Authorization', authorization)
      .expect(401, { message: 'Not logged in' })
      .expect('WWW-Authenticate', 'Bearer');
  });

  test('When there is no Authorization header, then 401', async ({ service }) => {
    await service.api.get('/api/user').expect(401);
  });

  test('When one letter of a valid key is in the other case, then 401', async ({ service }) => {
    const apiKey = await apiKeyOf(service.api, await register(service.api));
    const swapped = apiKey.replace(/[a-z]/i, (letter) =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
    );
    await service.api.get('/api/user').auth(swapped, { type: 'bearer' }).expect(401);
  });
});

describe('logging out', () => {
  test('When a user logs out, then that key is revoked and other devices stay logged in', async ({
    service,
  }) => {
    const user = await register(service.api);
    const [here, there] = [await apiKeyOf(service.api, user), await apiKeyOf(service.api, user)];
    await service.api.post('/api/user/logout').auth(here, { type: 'bearer' }).expect(200, LOGGED_OUT);
    await service.api.get('/api/user').auth(here, { type: 'bearer' }).expect(401);
    await service.api.get('/api/user').auth(there, { type: 'bearer' }).expect(200);
    await service.api.post('/api/user/logout').auth(here, { type: 'bearer' }).expect(200, NOT_LOGGED_IN);
  });

  test('When one key is logged out twenty times at once, then exactly one answer says so', async ({
    service,
  }) => {
    const user = await register(service.api);
    for (let round = 0; round < 5; round += 1) {
      const apiKey = await apiKeyOf(service.api, user);
      const logout = () => service.api.post('/api/user/logout').auth(apiKey, { type: 'bearer' });
      const replies = await Promise.all(Array.from({ length: 20 }, logout));
      expect(replies.filter(({ body }) => isDeepStrictEqual(body, LOGGED_OUT))).toHaveLength(1);
      expect(replies.filter(({ body }) => isDeepStrictEqual(body, NOT_LOGGED_IN))).toHaveLength(19);
    }
  });

  test('When a request without a key logs out, then 200 says that nobody was logged in', async ({
    service,
  }) => {
    await service.api.post('/api/user/logout').expect(200, NOT_LOGGED_IN);
  });
});

test('When someone reads the database, then they find no api key and no password', async ({ service }) => {
  const user = await register(service.api);
  const apiKey = await apiKeyOf(service.api, user);
  const rows = [
    ...(await service.sql.query('SELECT *, CAST(key_hash AS CHAR) AS as_text FROM api_keys')),
    ...(await service.sql.query('SELECT * FROM users')),
  ];
  const dump = JSON.stringify(rows);
  expect(dump).toContain(user.username);
  expect(dump).not.toContain(apiKey.slice(0, 16));
  expect(dump).not.toContain(user.password);
});
