import { describe, expect } from 'vitest';
import { hostileBodies } from '../../test/hostile-requests';
import { apiKeyOf, aUser, countStatuses, logIn, register, test } from './user-service';

const userWithout = (field: string) =>
  Object.fromEntries(Object.entries(aUser()).filter(([key]) => key !== field));

describe('When someone registers', () => {
  test('with good fields, then 201 tells the user without password and key', async ({ service }) => {
    const { password, ...names } = aUser();
    const reply = await service.request('POST /api/user/create', { json: { ...names, password } });
    expect(reply.status).toBe(201);
    expect(reply.body).toStrictEqual({
      message: 'User added',
      result: { id: expect.any(Number), ...names, is_active: true, is_admin: false },
    });
  });

  test('with a form, then it is the same', async ({ service }) => {
    const { first_name, last_name, email, username, password } = aUser();
    const form = { first_name, last_name, email, username, password };
    const reply = await service.request('POST /api/user/create', { form });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ result: { username, email } });
  });

  test('with is_admin, id and other fields, then they are ignored', async ({ service }) => {
    const json = aUser({ is_admin: true, is_active: false, id: 1, password_hash: 'x' });
    const reply = await service.request('POST /api/user/create', { json });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ result: { is_admin: false, is_active: true } });
    expect(reply.body).not.toMatchObject({ result: { id: 1 } });
  });

  test('with spaces around and decomposed accents, then names are trimmed and composed', async ({
    service,
  }) => {
    const json = aUser({ first_name: '  Ame\u0301lie ', last_name: '李😀' });
    const reply = await service.request('POST /api/user/create', { json });
    expect(reply.body).toMatchObject({ result: { first_name: 'Am\u00e9lie', last_name: '李😀' } });
  });

  test('with names that look alike to a collation, then they are different users', async ({ service }) => {
    for (const username of ['a.b-c', 'a-b.c', 'abc', 'a_b_c', 'abc-', '-abc'])
      await register(service.request, { username });
  });
});

describe('When the password is at its limits', () => {
  test.for([
    ['8 characters', '12345678'],
    ['8 characters that take 32 bytes', '😀'.repeat(8)],
    ['72 bytes', 'é'.repeat(36)],
    ['spaces around', '  secret  '],
    ['% and &', '100% &safe=+'],
  ])('%s, then it works at login as typed', async ([, password = ''], { service }) => {
    const { username } = await register(service.request, { password });
    expect((await logIn(service.request, username, password)).status).toBe(200);
    expect((await logIn(service.request, username, password.trim().replace(/.$/u, '!'))).status).toBe(401);
  });

  test('then its accents may be typed composed or decomposed', async ({ service }) => {
    const { username } = await register(service.request, { password: 'caf\u00e9 crème' });
    expect((await logIn(service.request, username, 'cafe\u0301 cre\u0300me')).status).toBe(200);
  });
});

const refused: [field: string, value: unknown][] = [
  ...['', '  ', 'x'.repeat(101), 'a\0b', 'a\nb', '\ud800', 7, null, [], ['Ada'], {}].map(
    (value): [string, unknown] => ['first_name', value],
  ),
  ['last_name', ''],
  ['last_name', 'x'.repeat(101)],
  ...['', 'ada', 'ada@', '@example.com', 'a b@example.com', 'ada@exam\0ple.com', 'ada@@example.com'].map(
    (value): [string, unknown] => ['email', value],
  ),
  ['email', `${'a'.repeat(243)}@example.com`],
  ['email', ['ada@example.com']],
  ...[
    '',
    'ab',
    'x'.repeat(33),
    'a b',
    'a/b',
    '../users?',
    'amélie',
    '😀😀😀',
    'a\0b',
    'abc\ud800',
    'a@b.c',
    123,
    {},
  ].map((value): [string, unknown] => ['username', value]),
  ...[
    '',
    '1234567',
    '😀'.repeat(4),
    'x'.repeat(73),
    `${'é'.repeat(36)}x`,
    'x'.repeat(5000),
    'secret\0secret',
  ].map((value): [string, unknown] => ['password', value]),
  ['password', 12345678],
  ['password', ['12345678']],
  ['password', 'half a pair \udc00'],
];

describe('When a field is bad', () => {
  test.for(refused)('%s = %j, then 400 names it', async ([field, value], { service }) => {
    const reply = await service.request('POST /api/user/create', { json: aUser({ [field]: value }) });
    expect(reply.status).toBe(400);
    expect(reply.body).toMatchObject({ message: 'Invalid input', errors: [{ field }] });
  });

  test.for(['first_name', 'last_name', 'email', 'username', 'password'])(
    '%s is missing, then 400 says that it is required',
    async (field, { service }) => {
      const reply = await service.request('POST /api/user/create', { json: userWithout(field) });
      expect(reply.status).toBe(400);
      expect(reply.body).toStrictEqual({
        message: 'Invalid input',
        errors: [{ field, message: 'is required' }],
      });
    },
  );

  test('in a form with escapes that are no UTF-8, then 400', async ({ service }) => {
    const body = 'first_name=%ff&last_name=L&email=x%40example.com&username=xyz&password=12345678';
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const reply = await service.request('POST /api/user/create', { body, headers });
    expect(reply.status).toBe(400);
  });
});

test.for(hostileBodies)('When the body is %s, then it is refused', async ([, parts, status], { service }) => {
  expect((await service.request('POST /api/user/create', parts)).status).toBe(status);
});

describe('When the name is taken', () => {
  test.for(['username', 'email'] as const)(
    '%s, in another case, then 409 names it',
    async (field, { service }) => {
      const first = await register(service.request);
      const json = aUser({ [field]: first[field].toUpperCase() });
      const reply = await service.request('POST /api/user/create', { json });
      expect(reply.status).toBe(409);
      expect(reply.body).toStrictEqual({
        message: `${field} is already taken`,
        errors: [{ field, message: 'is already taken' }],
      });
    },
  );

  test('by the seeded administrator, then 409', async ({ service }) => {
    const reply = await service.request('POST /api/user/create', { json: aUser({ username: 'ADMIN' }) });
    expect(reply.status).toBe(409);
  });

  test('by ten at once, then one gets it and can log in', async ({ service }) => {
    const { username } = aUser();
    const rivals = Array.from({ length: 10 }, () =>
      aUser({ username, password: `secret of ${Math.random()}` }),
    );
    const replies = await Promise.all(
      rivals.map((json) => service.request('POST /api/user/create', { json })),
    );
    expect(countStatuses(replies)).toStrictEqual({ 201: 1, 409: 9 });
    const winner = rivals[replies.findIndex(({ status }) => status === 201)] ?? aUser();
    expect(await apiKeyOf(service.request, winner)).toBeTruthy();
  });
});
