import { isDeepStrictEqual } from 'node:util';
import { describe, expect } from 'vitest';
import { apiKeyOf, register, test } from './user-service';

const LOGGED_OUT = { status: 200, body: { message: 'You are logged out' } };
const NOT_LOGGED_IN = { status: 200, body: { message: 'You are not logged in' } };

describe('When a request carries an api key', () => {
  test.for(['Basic ', 'Bearer ', 'bearer ', ''])(
    'as "%s<key>", then it says whose it is',
    async (scheme, { service }) => {
      const { password, ...user } = await register(service.request);
      const authorization = scheme + (await apiKeyOf(service.request, { ...user, password }));
      const reply = await service.request('GET /api/user', { headers: { authorization } });
      expect(reply.status).toBe(200);
      expect(reply.body).toStrictEqual({ result: { ...user, is_active: true, is_admin: false } });
    },
  );

  test('of a user made inactive, then 401', async ({ service }) => {
    const user = await register(service.request);
    const apiKey = await apiKeyOf(service.request, user);
    await service.sql.execute('UPDATE users SET is_active = FALSE WHERE id = ?', [user.id]);
    expect((await service.request('GET /api/user', { apiKey })).status).toBe(401);
  });

  test('that has expired, then 401, and the next login clears it away', async ({ service }) => {
    const user = await register(service.request);
    const apiKey = await apiKeyOf(service.request, user);
    const keys = () => service.sql.query('SELECT expires_at FROM api_keys WHERE user_id = ?', [user.id]);
    const age = 'UPDATE api_keys SET expires_at = expires_at - INTERVAL 24 HOUR WHERE user_id = ?';
    await service.sql.execute(age, [user.id]);
    expect((await service.request('GET /api/user', { apiKey })).status).toBe(401);
    expect(await service.request('POST /api/user/logout', { apiKey })).toMatchObject(NOT_LOGGED_IN);
    expect(await keys()).toHaveLength(1);
    await apiKeyOf(service.request, user);
    expect(await keys()).toHaveLength(1);
  });

  test('that lives 24 hours, then it is valid until just before', async ({ service }) => {
    const user = await register(service.request);
    const apiKey = await apiKeyOf(service.request, user);
    const age = 'UPDATE api_keys SET expires_at = expires_at - INTERVAL 1439 MINUTE WHERE user_id = ?';
    await service.sql.execute(age, [user.id]);
    expect((await service.request('GET /api/user', { apiKey })).status).toBe(200);
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
    const reply = await service.request('GET /api/user', { headers: { authorization } });
    expect(reply).toMatchObject({ status: 401, body: { message: 'Not logged in' } });
    expect(reply.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('no header at all', async ({ service }) => {
    expect((await service.request('GET /api/user')).status).toBe(401);
  });

  test('the right one in another case', async ({ service }) => {
    const apiKey = await apiKeyOf(service.request, await register(service.request));
    const swapped = apiKey.replace(/[a-z]/i, (letter) =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
    );
    expect((await service.request('GET /api/user', { apiKey: swapped })).status).toBe(401);
  });
});

describe('When a user logs out', () => {
  test('then that key is revoked and the other devices stay logged in', async ({ service }) => {
    const user = await register(service.request);
    const [here, there] = [await apiKeyOf(service.request, user), await apiKeyOf(service.request, user)];
    expect(await service.request('POST /api/user/logout', { apiKey: here })).toMatchObject(LOGGED_OUT);
    expect((await service.request('GET /api/user', { apiKey: here })).status).toBe(401);
    expect((await service.request('GET /api/user', { apiKey: there })).status).toBe(200);
    expect(await service.request('POST /api/user/logout', { apiKey: here })).toMatchObject(NOT_LOGGED_IN);
  });

  test('twenty times at once, then one of them did it', async ({ service }) => {
    const user = await register(service.request);
    for (let round = 0; round < 5; round += 1) {
      const apiKey = await apiKeyOf(service.request, user);
      const logout = () => service.request('POST /api/user/logout', { apiKey });
      const replies = await Promise.all(Array.from({ length: 20 }, logout));
      expect(replies.filter(({ body }) => isDeepStrictEqual(body, LOGGED_OUT.body))).toHaveLength(1);
      expect(replies.filter(({ body }) => isDeepStrictEqual(body, NOT_LOGGED_IN.body))).toHaveLength(19);
    }
  });

  test('without a key, then 200 says so', async ({ service }) => {
    expect(await service.request('POST /api/user/logout')).toMatchObject(NOT_LOGGED_IN);
  });
});

test('When many keys have expired, then those who log in at once clear them away together', async ({
  service,
}) => {
  const user = await register(service.request);
  const expired = Array.from({ length: 250 }, (_, index) => `SELECT ${index} AS number`).join(' UNION ALL ');
  await service.sql.execute(
    `INSERT INTO api_keys (key_hash, user_id, expires_at)
     SELECT UNHEX(SHA2(CONCAT('expired', number), 256)), ?, UTC_TIMESTAMP(3) - INTERVAL number SECOND
     FROM (${expired}) AS numbers`,
    [user.id],
  );
  await Promise.all(Array.from({ length: 40 }, () => apiKeyOf(service.request, user)));
  const keys = await service.sql.query('SELECT user_id FROM api_keys WHERE user_id = ?', [user.id]);
  expect(keys).toHaveLength(40);
});

test('When the database is read by others, then no api key or password can be found in it', async ({
  service,
}) => {
  const user = await register(service.request);
  const apiKey = await apiKeyOf(service.request, user);
  const rows = [
    ...(await service.sql.query('SELECT *, CAST(key_hash AS CHAR) AS as_text FROM api_keys')),
    ...(await service.sql.query('SELECT * FROM users')),
  ];
  const dump = JSON.stringify(rows);
  expect(dump).toContain(user.username);
  expect(dump).not.toContain(apiKey.slice(0, 16));
  expect(dump).not.toContain(user.password);
});
