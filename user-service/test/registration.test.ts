import { describe, expect } from 'vitest';
import { hostileBodies } from '../../test/hostile-requests';
import { apiKeyOf, aUser, countStatuses, logIn, register, test } from './user-service';

const userWithout = (field: string) =>
  Object.fromEntries(Object.entries(aUser()).filter(([key]) => key !== field));

/** Addresses that browsers accept in `<input type=email>`. */
const unusualAddresses = [
  ...['a&b@example.com', "o'neil+shop@example.co.uk", 'a..b@example.com', '.a.@example.com', '-@a.b'],
  ...['!#$%*/=?^_`{|}~@x-y.example', 'ada@localhost', `ada@${'a'.repeat(63)}.example`],
];

/** Addresses that browsers refuse there. */
const badAddresses = [
  ...['ada', 'ada@', '@example.com', 'a b@example.com', 'ada@@example.com', 'ada@example..com', 'ada@.com'],
  ...[
    'ada@-a.com',
    'ada@a-.com',
    'ada@a_b.com',
    'zoé@example.com',
    `ada@${'a'.repeat(64)}.com`,
    'ada@a.com.',
  ],
];

describe('registering', () => {
  test('When all fields are good, then 201 returns the user without password and key', async ({
    service,
  }) => {
    const { password, ...names } = aUser();
    const { body } = await service.api
      .post('/api/user/create')
      .send({ ...names, password })
      .expect(201);
    expect(body).toStrictEqual({
      message: 'User added',
      result: { id: expect.any(Number), ...names, is_active: true, is_admin: false },
    });
  });

  test('When the fields come as a form, then they are read like JSON', async ({ service }) => {
    const { first_name, last_name, email, username, password } = aUser();
    const form = { first_name, last_name, email, username, password };
    const { body } = await service.api.post('/api/user/create').type('form').send(form).expect(201);
    expect(body).toMatchObject({ result: { username, email } });
  });

  test('When is_admin, id and unknown fields are sent, then they are ignored', async ({ service }) => {
    const json = aUser({ is_admin: true, is_active: false, id: 1, password_hash: 'x' });
    const { body } = await service.api.post('/api/user/create').send(json).expect(201);
    expect(body).toMatchObject({ result: { is_admin: false, is_active: true } });
    expect(body).not.toMatchObject({ result: { id: 1 } });
  });

  test('When names have spaces around and decomposed accents, then they are trimmed and composed', async ({
    service,
  }) => {
    const json = aUser({ first_name: '  Ame\u0301lie ', last_name: '李😀' });
    const reply = await service.api.post('/api/user/create').send(json);
    expect(reply.body).toMatchObject({ result: { first_name: 'Am\u00e9lie', last_name: '李😀' } });
  });

  test.for(unusualAddresses)(
    'When the address is %s, then it is accepted as it is',
    async (local, { service }) => {
      // The username makes it a new one.
      const { username } = aUser();
      const email = local.replace('@', `${username}@`);
      const { body } = await service.api
        .post('/api/user/create')
        .send(aUser({ email, username }))
        .expect(201);
      expect(body).toMatchObject({ result: { email } });
    },
  );

  test('When the OpenAPI document describes the address, then by a pattern that says the same', async ({
    service,
  }) => {
    const { body } = await service.api.get('/openapi.json');
    const { schema } = body.paths['/api/user/create'].post.requestBody.content['application/json'];
    const { format, pattern } = schema.properties.email;
    expect(format).toBeUndefined();
    const longest = `${'a'.repeat(242)}@example.com`;
    expect(longest).toMatch(new RegExp(pattern));
    expect(`a${longest}`).not.toMatch(new RegExp(pattern));
    for (const address of unusualAddresses) expect(address).toMatch(new RegExp(pattern));
    for (const address of badAddresses) expect(address).not.toMatch(new RegExp(pattern));
  });

  test('When usernames look alike to a collation, then they belong to different users', async ({
    service,
  }) => {
    for (const username of ['a.b-c', 'a-b.c', 'abc', 'a_b_c', 'abc-', '-abc'])
      await register(service.api, { username });
  });
});

describe('unusual passwords', () => {
  test.for([
    ['8 characters', '12345678'],
    ['8 characters that take 32 bytes', '😀'.repeat(8)],
    ['72 bytes', 'é'.repeat(36)],
    ['spaces around', '  secret  '],
    ['% and &', '100% &safe=+'],
  ])(
    'When the password has %s, then it works at login exactly as typed',
    async ([, password = ''], { service }) => {
      const { username } = await register(service.api, { password });
      await logIn(service.api, username, password).expect(200);
      await logIn(service.api, username, password.trim().replace(/.$/u, '!')).expect(401);
    },
  );

  test('When a password has composed accents, then they may be typed decomposed at login', async ({
    service,
  }) => {
    const { username } = await register(service.api, { password: 'caf\u00e9 crème' });
    await logIn(service.api, username, 'cafe\u0301 cre\u0300me').expect(200);
  });
});

const refused: [field: string, value: unknown][] = [
  ...['', '  ', 'x'.repeat(101), 'a\0b', 'a\nb', '\ud800', 7, null, [], ['Ada'], {}].map(
    (value): [string, unknown] => ['first_name', value],
  ),
  ['last_name', ''],
  ['last_name', 'x'.repeat(101)],
  ...['', 'ada@exam\0ple.com', ...badAddresses].map((value): [string, unknown] => ['email', value]),
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

describe('a bad field', () => {
  test.for(refused)('When %s is %j, then 400 names it', async ([field, value], { service }) => {
    const { body } = await service.api
      .post('/api/user/create')
      .send(aUser({ [field]: value }))
      .expect(400);
    expect(body).toMatchObject({ message: 'Invalid input', errors: [{ field }] });
  });

  test.for(['first_name', 'last_name', 'email', 'username', 'password'])(
    'When %s is missing, then 400 says that it is required',
    async (field, { service }) => {
      await service.api
        .post('/api/user/create')
        .send(userWithout(field))
        .expect(400, {
          message: 'Invalid input',
          errors: [{ field, message: 'is required' }],
        });
    },
  );

  test('When the escapes of a form are no UTF-8, then 400', async ({ service }) => {
    const body = 'first_name=%ff&last_name=L&email=x%40example.com&username=xyz&password=12345678';
    await service.api.post('/api/user/create').type('form').send(body).expect(400);
  });
});

test.for(hostileBodies)(
  'When the body is %s, then it is refused',
  async ([, hostile, status], { service }) => {
    await service.api.post('/api/user/create').use(hostile).expect(status);
  },
);

describe('a taken username or email', () => {
  test.for(['username', 'email'] as const)(
    'When the %s is taken in another case, then 409 names it',
    async (field, { service }) => {
      const first = await register(service.api);
      const json = aUser({ [field]: first[field].toUpperCase() });
      await service.api
        .post('/api/user/create')
        .send(json)
        .expect(409, {
          message: `${field} is already taken`,
          errors: [{ field, message: 'is already taken' }],
        });
    },
  );

  test('When the username is that of the seeded administrator, then 409', async ({ service }) => {
    await service.api
      .post('/api/user/create')
      .send(aUser({ username: 'ADMIN' }))
      .expect(409);
  });

  test('When ten people register the same username at once, then one gets it and can log in', async ({
    service,
  }) => {
    const { username } = aUser();
    const rivals = Array.from({ length: 10 }, () =>
      aUser({ username, password: `secret of ${Math.random()}` }),
    );
    const replies = await Promise.all(rivals.map((json) => service.api.post('/api/user/create').send(json)));
    expect(countStatuses(replies)).toStrictEqual({ 201: 1, 409: 9 });
    const winner = rivals[replies.findIndex(({ status }) => status === 201)] ?? aUser();
    expect(await apiKeyOf(service.api, winner)).toBeTruthy();
  });
});
