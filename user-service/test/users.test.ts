import request from 'supertest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { ADMIN_PASSWORD, apiKeyOf, test as base, register } from './user-service';

const page = z.array(z.looseObject({ id: z.int(), username: z.string() }));

/** `admin` sends its requests with the key of the shop's administrator. */
const test = base.extend('admin', { scope: 'file' }, async ({ service }) => {
  const apiKey = await apiKeyOf(service.api, { username: 'admin', password: ADMIN_PASSWORD });
  return request.agent(service.url).auth(apiKey, { type: 'bearer' });
});

describe('listing users', () => {
  test('When an administrator lists the users, then they come in order of id, without passwords', async ({
    service,
    admin,
  }) => {
    const { password, ...user } = await register(service.api);
    const { body } = await admin.get('/api/users').expect(200);
    const users = page.parse(body);
    expect(users[0]).toStrictEqual({
      ...{ id: 1, username: 'admin', email: 'admin@example.com', first_name: 'Admin', last_name: 'User' },
      ...{ is_active: true, is_admin: true },
    });
    expect(users.at(-1)).toStrictEqual({ ...user, is_active: true, is_admin: false });
    const ids = users.map(({ id }) => id);
    expect(ids).toStrictEqual(ids.toSorted((a, b) => a - b));
  });

  test('When an administrator asks for page after page, then every user comes once', async ({
    service,
    admin,
  }) => {
    const names: string[] = [];
    for (let count = 0; count < 5; count += 1) names.push((await register(service.api)).username);
    const seen: string[] = [];
    for (let after = 0; ; ) {
      const query = after ? `limit=2&after=${after}` : 'limit=2';
      const users = page.parse((await admin.get(`/api/users?${query}`)).body);
      expect(users.length).toBeLessThanOrEqual(2);
      seen.push(...users.map(({ username }) => username));
      after = users.at(-1)?.id ?? 0;
      if (!after) break;
    }
    expect(seen.slice(-5)).toStrictEqual(names);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test('When there are more than fifty users, then the first page has fifty unless a limit is given', async ({
    service,
    admin,
  }) => {
    const rows = Array.from({ length: 101 }, (_, index) => {
      const name = `crowd${index}`;
      return `('${name}', '${name}@example.com', 'C', 'D', REPEAT('x', 60))`;
    });
    const columns = 'username, email, first_name, last_name, password_hash';
    await service.sql.execute(`INSERT INTO users (${columns}) VALUES ${rows.join()}`);
    const ask = async (path: string) => page.parse((await admin.get(path)).body).length;
    expect(await ask('/api/users')).toBe(50);
    expect(await ask('/api/users?limit=100')).toBe(100);
    expect(await ask('/api/users?after=4294967295')).toBe(0);
  });

  test.for([
    ...[
      'limit=0',
      'limit=101',
      'limit=-1',
      'limit=',
      'limit=abc',
      'limit=1.5',
      'limit=1e1',
      'limit=1&limit=2',
    ],
    ...['limit=%00', 'limit=%D9%A3', 'after=0', 'after=-1', 'after=x', 'after=4294967296', 'after=1&after=2'],
    ...[`after=${'9'.repeat(100)}`],
  ])('When the query is ?%s, then 400 names the field', async (query, { admin }) => {
    const { body } = await admin.get(`/api/users?${query}`).expect(400);
    expect(body).toMatchObject({ errors: [{ field: query.split('=', 1)[0] }] });
  });
  test('When a user who is no administrator lists the users, then 403 whatever the query', async ({
    service,
  }) => {
    const apiKey = await apiKeyOf(service.api, await register(service.api));
    for (const path of ['/api/users', '/api/users?limit=0'])
      await service.api.get(path).auth(apiKey, { type: 'bearer' }).expect(403);
  });

  test('When a request without a key lists the users, then 401', async ({ service }) => {
    await service.api.get('/api/users').expect(401);
  });
});

describe('asking whether a username exists', () => {
  test('When a user has the name, then the answer is yes in upper and lower case', async ({ service }) => {
    const { username } = await register(service.api, { username: 'Exists.Here_1' });
    for (const path of [
      username,
      username.toLowerCase(),
      username.toUpperCase(),
      '%45xists.here_1',
      'admin',
    ]) {
      await service.api.get(`/api/user/${path}/exists`).expect(200, { result: true });
    }
  });

  test.for([
    ...['nobody', 'x', 'x'.repeat(33), '%00', 'a%00b', '%F0%9F%98%80', '%EF%BF%BD'],
    ...[
      '..%2Fusers%3F',
      '%20',
      "'%20OR%201=1",
      '__proto__',
      'constructor',
      '%25ff',
      'x'.repeat(8000),
      '1e3',
      '%25',
    ],
  ])('When nobody is called %j, then the answer is no', async (name, { service }) => {
    await service.api.get(`/api/user/${name}/exists`).expect(404, { message: 'Cannot find username' });
  });
});
