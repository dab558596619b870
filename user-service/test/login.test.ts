import { describe, expect } from 'vitest';
import { hostileBodies } from '../../test/hostile-requests';
import { aUser, countStatuses, logIn, register, test } from './user-service';

const NOT_LOGGED_IN = { message: 'Not logged in' };

describe('logging in', () => {
  test('When the password is right, then every login returns a new api key', async ({ service }) => {
    const { username, password } = await register(service.api);
    const replies = [
      await logIn(service.api, username, password),
      await service.api.post('/api/user/login').type('form').send({ username, password }),
    ];
    for (const { status, body } of replies) {
      expect(status).toBe(200);
      const api_key = expect.stringMatching(/^[\w-]{43}$/);
      expect(body).toStrictEqual({ message: 'Logged in', api_key });
    }
    expect(replies[0]?.body).not.toStrictEqual(replies[1]?.body);
  });

  test('When the username is in another case or has spaces around it, then it is the same user', async ({
    service,
  }) => {
    const { username, password } = await register(service.api);
    for (const typed of [username.toUpperCase(), ` ${username} `])
      await logIn(service.api, typed, password).expect(200);
  });

  test('When a user logs in twenty times at once, then every login succeeds', async ({ service }) => {
    const { username, password } = await register(service.api);
    const logins = Array.from({ length: 20 }, () => logIn(service.api, username, password));
    expect(countStatuses(await Promise.all(logins))).toStrictEqual({ 200: 20 });
  });

  test('When the user has been made inactive, then 401', async ({ service }) => {
    const { id, username, password } = await register(service.api);
    await service.sql.execute('UPDATE users SET is_active = FALSE WHERE id = ?', [id]);
    await logIn(service.api, username, password).expect(401, NOT_LOGGED_IN);
  });
});

describe('wrong credentials', () => {
  test.for([
    ['another password', {}, 'another password'],
    ['the password in another case', {}, 'Difference Engine'],
    ['an empty password', {}, ''],
    ['more than the 72 bytes that bcrypt reads', { password: 'x'.repeat(72) }, 'x'.repeat(73)],
    ['a password of many KB', {}, 'x'.repeat(15_000)],
  ] as const)(
    'When a user logs in with %s, then 401 gives no reason',
    async ([, fields, password], { service }) => {
      const { username } = await register(service.api, fields);
      await logIn(service.api, username, password).expect(401, NOT_LOGGED_IN);
    },
  );

  test.for(['nobody', 'no', '', '../users?', "' OR 1=1 -- ", 'amélie', '😀', '%', 'x'.repeat(10_000)])(
    'When no user is called %j, then 401 gives no reason',
    async (username, { service }) => {
      await logIn(service.api, username, 'difference engine').expect(401, NOT_LOGGED_IN);
    },
  );
});

describe('a malformed login', () => {
  const { username, password } = aUser();
  test.for<[field: string, json: object]>([
    ['username', { password }],
    ['password', { username }],
    ['username', { username: ['admin'], password }],
    ['password', { username, password: { length: 8 } }],
    ['password', { username, password: 12345678 }],
    ['username', { username: null, password }],
    ['username', { username: 'adm\0in', password }],
    ['password', { username, password: 'half a pair \ud800' }],
  ])('When %s is bad or missing in %j, then 400 names it', async ([field, json], { service }) => {
    const reply = await service.api.post('/api/user/login').send(json);
    expect(reply).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });

  test.for(hostileBodies)(
    'When the body is %s, then it is refused',
    async ([, hostile, status], { service }) => {
      await service.api.post('/api/user/login').use(hostile).expect(status);
    },
  );
});
