import { isDeepStrictEqual } from 'node:util';
import { describe, expect } from 'vitest';
import { apiKeyOf, register, test } from './user-service';

const LOGGED_OUT = { message: 'You are logged out' };
const NOT_LOGGED_IN = { message: 'You are not logged in' };

describe('When a request carries an api key', () => {
  test.for(['Basic ', 'Bearer ', 'bearer ', ''])(
    'as "%s<key>", then it says whose it is',
    async (scheme, { service }) => {
      const { password, ...user } = await register(service.api);
      const authorization = scheme + (await apiKeyOf(service.api, { ...user, password }));
      await service.api
        .get('/api/user')
        .set('Authorization', authorization)
        .expect(200, { result: { ...user, is_active: true, is_admin: false } });
    },
  );

  test('of a user made inactive, then 401', async ({ service }) => {
    const user = await register(service.api);
    const apiKey = await apiKeyOf(service.api, user);
    await service.sql.execute('UPDATE users SET is_active = FALSE WHERE id = ?', [user.id]);
    await service.api.get('/api/user').auth(apiKey, { type: 'bearer' }).expect(401);
  });

  test('that has expired, then 401, and the next login clears it away', async ({ service }) => {
    const user = await register(service.api);
    const apiKey = await apiKeyOf(service.api, user);
    const keys = () => service.sql.query('SELECT expires_at FROM api_keys WHERE user_id = ?', [user.id]);
    const age = 'UPDATE api_keys SET expires_at = expires_at - INTERVAL 24 HOUR WHERE user_id = ?';
    await service.sql.execute(age, [user.id]);
    await service.api.get('/api/user').auth(apiKey, { type: 'bearer' }).expect(401);
    await service.api.post('/api/user/logout').auth(apiKey, { type: 'bearer' }).expect(200, NOT_LOGGED_IN);
    expect(await keys()).toHaveLength(1);
    await apiKeyOf(service.api, user);
    expect(await keys()).toHaveLength(1);
  });

  test('that lives 24 hours, then it is valid until just before', async ({ service }) => {
    const user = await register(service.api);
    const apiKey = await apiKeyOf(service.api, user);
    const age = 'UPDATE api_keys SET expires_at = expires_at - INTERVAL 1439 MINUTE WHERE user_id = ?';
    await service.sql.execute(age, [user.id]);
    await service.api.get('/api/user').auth(apiKey, { type: 'bearer' }).expect(200);
  });
});

describe('When the api key is none of ours, then 401', () => {
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
  ])('%j', async (authorization, { service }) => {
    await service.api
      .get('/api/user')
      .set('Authorization', authorization)
      .expect(401, { message: 'Not logged in' })
      .expect('WWW-Authenticate', 'Bearer');
  });

  test('no header at all', async ({ service }) => {
    await service.api.get('/api/user').expect(401);
  });

  test('the right one in another case', async ({ service }) => {
    const apiKey = await apiKeyOf(service.api, await register(service.api));
    const swapped = apiKey.replace(/[a-z]/i, (letter) =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
    );
    await service.api.get('/api/user').auth(swapped, { type: 'bearer' }).expect(401);
  });
});

describe('When a user logs out', () => {
  test('then that key is revoked and the other devices stay logged in', async ({ service }) => {
    const user = await register(service.api);
    const [here, there] = [await apiKeyOf(service.api, user), await apiKeyOf(service.api, user)];
    await service.api.post('/api/user/logout').auth(here, { type: 'bearer' }).expect(200, LOGGED_OUT);
    await service.api.get('/api/user').auth(here, { type: 'bearer' }).expect(401);
    await service.api.get('/api/user').auth(there, { type: 'bearer' }).expect(200);
    await service.api.post('/api/user/logout').auth(here, { type: 'bearer' }).expect(200, NOT_LOGGED_IN);
  });

  test('twenty times at once, then one of them did it', async ({ service }) => {
    const user = await register(service.api);
    for (let round = 0; round < 5; round += 1) {
      const apiKey = await apiKeyOf(service.api, user);
      const logout = () => service.api.post('/api/user/logout').auth(apiKey, { type: 'bearer' });
      const replies = await Promise.all(Array.from({ length: 20 }, logout));
      expect(replies.filter(({ body }) => isDeepStrictEqual(body, LOGGED_OUT))).toHaveLength(1);
      expect(replies.filter(({ body }) => isDeepStrictEqual(body, NOT_LOGGED_IN))).toHaveLength(19);
    }
  });

  test('without a key, then 200 says so', async ({ service }) => {
    await service.api.post('/api/user/logout').expect(200, NOT_LOGGED_IN);
  });
});

test('When many keys have expired, then those who log in at once clear them away together', async ({
  service,
}) => {
  const user = await register(service.api);
  const expired = Array.from({ length: 250 }, (_, index) => `SELECT ${index} AS number`).join(' UNION ALL ');
  await service.sql.execute(
    `INSERT INTO api_keys (key_hash, user_id, expires_at)
     SELECT UNHEX(SHA2(CONCAT('expired', number), 256)), ?, UTC_TIMESTAMP(3) - INTERVAL number SECOND
     FROM (${expired}) AS numbers`,
    [user.id],
  );
  await Promise.all(Array.from({ length: 40 }, () => apiKeyOf(service.api, user)));
  const keys = await service.sql.query('SELECT user_id FROM api_keys WHERE user_id = ?', [user.id]);
  expect(keys).toHaveLength(40);
});

test('When the database is read by others, then no api key or password can be found in it', async ({
  service,
}) => {
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
