import { createConnection } from 'mysql2/promise';
import { expect } from 'vitest';
import { seedUsers } from '../../lab/src/bench/seed';
import { describedRoutes } from '../../test/openapi';
import { costsOf } from '../../test/statements';
import { DELETE_EXPIRED_KEYS } from '../src/api-key-repository';
import { DELETE_OLD_FAILURES } from '../src/login-failure-repository';
import { ADMIN_PASSWORD, apiKeyOf, aUser, logIn, test } from './user-service';

test('When there are many users, api keys and failed logins, then every statement finds its rows by an index', async ({
  service,
}) => {
  const connection = await createConnection(service.settings);
  await seedUsers(connection, 3000);
  await connection.query(
    `INSERT INTO api_keys (key_hash, user_id, expires_at)
     SELECT UNHEX(SHA2(id, 256)), id, UTC_TIMESTAMP(3) + INTERVAL CAST(id AS SIGNED) - 20 MINUTE FROM users`,
  );
  await connection.query(
    `INSERT INTO login_failures (username_hash, failed_at)
     SELECT UNHEX(SHA2(id, 256)), UTC_TIMESTAMP(3) + INTERVAL CAST(id AS SIGNED) - 20 MINUTE FROM users`,
  );
  await connection.query('ANALYZE TABLE api_keys, login_failures');
  await connection.end();

  const { api } = service;
  const user = aUser();
  const { username, password } = user;
  const apiKey = await apiKeyOf(api, { username: 'admin', password: ADMIN_PASSWORD });
  const requests = {
    'POST /api/user/create': () => api.post('/api/user/create').send(user),
    'POST /api/user/login': () => logIn(api, username, password),
    'GET /api/user': () => api.get('/api/user').auth(apiKey, { type: 'bearer' }),
    'GET /api/user/{username}/exists': () => api.get('/api/user/seeded-1500/exists'),
    'GET /api/users': () => api.get('/api/users?after=1500').auth(apiKey, { type: 'bearer' }),
    'POST /api/user/logout': () => api.post('/api/user/logout').auth(apiKey, { type: 'bearer' }),
  };
  const { body } = await api.get('/openapi.json');
  expect(Object.keys(requests).sort()).toEqual(await describedRoutes(body));
  for (const request of Object.values(requests)) {
    const { status, request: asked } = await request();
    expect(status, asked.url).toBeLessThan(300);
  }
  await logIn(api, username, 'a wrong password').expect(401);

  const sweeps = [DELETE_EXPIRED_KEYS, DELETE_OLD_FAILURES].map((sql) => ({ sql, values: [500] }));
  const costs = await costsOf(service.settings, [...service.statements, ...sweeps]);
  expect(costs.filter(({ fullScans, rowsRead }) => fullScans.length > 0 || rowsRead > 300)).toEqual([]);
});
