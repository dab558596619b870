import { describe, expect } from 'vitest';
import type { Answer } from '../../test/fake-service';
import { createSessionCipher } from '../src/session-cipher';
import { type Browser, errorOf, openBrowser } from './browser';
import { asked, aUser, SESSION_SECRET, type StartedShop, test, unauthorized } from './shop';

const invalid = (...fields: string[]): Answer => ({
  status: 400,
  body: { message: 'Invalid input', errors: fields.map((field) => ({ field, message: 'must be better' })) },
});
const taken = (field: string): Answer => ({
  status: 409,
  body: { message: `${field} is already taken`, errors: [{ field, message: 'is already taken' }] },
});

describe('creating an account', () => {
  const form = {
    first_name: 'Zoé',
    last_name: 'O’Neil',
    email: 'zoe@example.com',
    username: 'zoe',
    password: 'secret12',
  };

  test('When all fields are good, then user-service gets them and the visitor is sent to the login', async ({
    shop,
    stranger,
  }) => {
    const reply = await stranger.submit(await stranger.open('/register'), '/register', form);
    expect([reply.status, reply.location]).toEqual([303, '/login']);
    expect(shop.userService.requests.map(({ path, body }) => [path, JSON.parse(body)])).toEqual([
      ['/api/user/create', form],
    ]);
    expect((await stranger.follow(reply)).html.querySelector('[role=status]')?.textContent).toContain(
      'Bienvenue',
    );
    expect(stranger.cookies.has('session')).toBe(false);
  });

  test.for<[what: string, answer: Answer, errors: Record<string, string>]>([
    ['a bad address', invalid('email'), { email: 'Indiquez une adresse complète' }],
    [
      'several bad fields',
      invalid('first_name', 'password'),
      { first_name: 'Indiquez', password: 'au moins 8' },
    ],
    ['a taken username', taken('username'), { username: 'déjà pris' }],
    ['a taken address', taken('email'), { email: 'existe déjà' }],
    ['a field that no form has', invalid('shoe_size'), {}],
  ])(
    'When user-service refuses %s, then the page says so beside the field and keeps what was typed',
    async ([, answer, errors], { shop, stranger }) => {
      shop.userService.routes['POST /api/user/create'] = answer;
      const page = await stranger.submit(await stranger.open('/register'), '/register', form);
      expect(page.status).toBe(answer.status);
      for (const [field, value] of Object.entries(form)) {
        const kept = page.html.querySelector(`[name=${field}]`)?.getAttribute('value');
        expect(kept, field).toBe(field === 'password' ? '' : value);
        const words = errors[field];
        expect(errorOf(page, field), field).toEqual(words && expect.stringContaining(words));
      }
      expect(page.html.querySelectorAll('[role=alert] a').map((link) => link.getAttribute('href'))).toEqual(
        Object.keys(form)
          .filter((field) => errors[field])
          .map((field) => `#${field}`),
      );
      expect(page.text).not.toContain('must be better');
    },
  );

  const account = { ...aUser(9, 'zoe', false), first_name: 'Zoé', last_name: 'O’Neil' };
  const resend = async (
    { shop, stranger }: { shop: StartedShop; stranger: Browser },
    fields: object = {},
  ) => {
    const page = await stranger.open('/register?next=/orders');
    await stranger.submit(page, '/register', form);
    shop.userService.routes['POST /api/user/create'] = taken('username');
    shop.userService.routes['GET /api/user'] = { body: { result: { ...account, ...fields } } };
    return stranger.submit(page, '/register', { ...form, first_name: ' Zoe\u0301' });
  };

  test('When the form is sent twice, then the second answer is that of the first, and no login is left', async ({
    shop,
    stranger,
  }) => {
    const reply = await resend({ shop, stranger });
    expect([reply.status, reply.location]).toEqual([303, '/login?next=%2Forders']);
    expect((await stranger.follow(reply)).text).toContain('Bienvenue');
    expect(stranger.cookies.has('session')).toBe(false);
    expect(shop.userService.requests.at(-1)).toMatchObject({
      path: '/api/user/logout',
      headers: { authorization: 'Bearer key-of-zoe' },
    });
  });

  test.for([{ email: 'other@example.com' }, { first_name: 'Zoë' }, { last_name: 'Neil' }])(
    'When the account with that username and password has %j, then the username is taken',
    async (fields, { shop, stranger }) => {
      const page = await resend({ shop, stranger }, fields);
      expect([page.status, errorOf(page, 'username')]).toEqual([409, expect.stringContaining('déjà pris')]);
    },
  );

  test.for([401, 429])(
    'When the username is taken and a login with the password gets %i, then the form says that it is taken',
    async (status, { shop, stranger }) => {
      shop.userService.routes['POST /api/user/login'] = { status, body: { message: 'Not logged in' } };
      expect((await resend({ shop, stranger })).status).toBe(409);
    },
  );

  test('When the browser prefers English, then the errors are in English', async ({ shop }) => {
    shop.userService.routes['POST /api/user/create'] = taken('username');
    const browser = openBrowser(shop.url, { 'accept-language': 'en' });
    const page = await browser.submit(await browser.open('/register'), '/register', form);
    expect(errorOf(page, 'username')).toBe('This username is taken.');
  });

  test('When fields are repeated or missing, then they count as empty', async ({ shop, stranger }) => {
    const page = await stranger.open('/register');
    const token = page.html.querySelector('[name=_csrf]')?.getAttribute('value') ?? '';
    const reply = await stranger.send('POST', '/register', (request) =>
      request.type('form').send(`_csrf=${token}&username=a&username=b&email%5Bx%5D=y`),
    );
    expect(reply.status).toBe(303);
    expect(JSON.parse(shop.userService.requests[0]?.body ?? '')).toEqual({
      first_name: '',
      last_name: '',
      email: '',
      username: '',
      password: '',
    });
  });
});

describe('logging in', () => {
  test('When a login succeeds, then a session begins under a new id, and its cookie is for this site’s pages only', async ({
    shop,
    stranger,
  }) => {
    const page = await stranger.open('/login');
    const reply = await stranger.submit(page, '/login', { username: 'alice', password: 'x' });
    expect([reply.status, reply.location]).toEqual([303, '/']);
    const cookie = reply.setCookies.get('session');
    expect(cookie).toMatch(/; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
    expect((await stranger.follow(reply)).text).toContain('Bonjour Alice');
    // The session id from before the login must be worthless after it.
    const before = stranger.cookies.get('session');
    await stranger.submit(await stranger.open('/login'), '/login', { username: 'alice', password: 'x' });
    expect(stranger.cookies.get('session')).not.toBe(before);
    const other = openBrowser(shop.url);
    other.cookies.set('session', before ?? '');
    expect((await other.open('/')).text).toContain('Se connecter');
  });

  test('When the form is sent again after it has succeeded, then it succeeds again', async ({ stranger }) => {
    const page = await stranger.open('/login?next=/orders');
    for (const _ of ['first', 'second']) {
      const reply = await stranger.submit(page, '/login', { username: 'alice', password: 'x' });
      expect([reply.status, reply.location]).toEqual([303, '/orders']);
    }
  });

  test('When the shop is behind HTTPS, then its cookies are marked Secure', async ({ shop }) => {
    const browser = openBrowser(shop.url, { 'x-forwarded-proto': 'https' });
    const page = await browser.open('/login?lang=fr');
    const reply = await browser.submit(page, '/login', { username: 'alice', password: 'x' });
    for (const { setCookies } of [page, reply])
      for (const [name, header] of setCookies) expect(header, name).toMatch(/; Secure/);
    expect([...reply.setCookies.keys()]).toContain('session');
  });

  test('When a session is stored, then it holds the api key and the visitor’s identity, and nothing more', async ({
    shop,
    alice,
  }) => {
    expect(alice.cookies.has('session')).toBe(true);
    const kept: string = (await shop.sessions()).at(-1)?.data;
    const session = JSON.parse(createSessionCipher(SESSION_SECRET).decrypt(kept) ?? '');
    const { visitor, cookie } = session;
    expect(Object.keys(session)).toEqual(['cookie', 'visitor']);
    expect(Object.keys(visitor).sort()).toEqual(['apiKey', 'first_name', 'id', 'is_admin', 'username']);
    expect(cookie.originalMaxAge).toBe(24 * 60 * 60 * 1000);
    // The stored session is encrypted: the table alone, or another secret, reveals nothing of it.
    expect(Buffer.from(kept, 'base64').toString('latin1')).not.toContain(visitor.username);
    expect(createSessionCipher('another secret').decrypt(kept)).toBeUndefined();
  });

  test.for<[status: number, answer: Answer, words: string]>([
    [401, { status: 401, body: { message: 'Not logged in' } }, 'Identifiant ou mot de passe incorrect'],
    [
      429,
      { status: 429, headers: { 'retry-after': '120' }, body: { message: 'Too many' } },
      'Trop d’essais manqués',
    ],
    [400, invalid('username', 'password'), 'Indiquez votre identifiant'],
  ])(
    'When user-service answers %i, then the page does too, explains it, and keeps the username',
    async ([status, answer, words], { shop, stranger }) => {
      shop.userService.routes['POST /api/user/login'] = answer;
      const page = await stranger.submit(await stranger.open('/login?next=/orders'), '/login', {
        username: 'al"ice',
        password: 'wrong',
      });
      expect(page.status).toBe(status);
      expect(page.text).toContain(words);
      expect(page.html.querySelector('[name=username]')?.getAttribute('value')).toBe('al"ice');
      expect(page.html.querySelector('[name=password]')?.getAttribute('value')).toBe('');
      expect(page.html.querySelector('[name=next]')?.getAttribute('value')).toBe('/orders');
      expect(page.headers.get('retry-after')).toBe(answer.headers?.['retry-after'] ?? null);
      expect(stranger.cookies.has('session')).toBe(false);
    },
  );

  test.for([
    ['/orders', '/orders'],
    ['/product/laptop-pro?x=1&y=%2F', '/product/laptop-pro?x=1&y=%2F'],
    ...[
      '//evil.example',
      '/\\evil.example',
      '\\\\evil.example',
      'https://evil.example',
      'evil',
      '',
      '/\t/evil.example',
    ].map((next) => [next, '/']),
    ...['/logout', '/Logout/?x=1', '/logout#x', '/login?next=%2Flogout', '/register', '/./logout'].map(
      (next) => [next, '/'],
    ),
    ...['/x/../logout', '/x/%2e%2e/logout', '/%2E/logout'].map((next) => [next, '/']),
    ...['/logout-not', '/x/logout'].map((next) => [next, next]),
    ...['javascript:alert(1)', '/\n/evil.example', '/\0', `/${'x'.repeat(600)}`, ' /orders', '/a\\b'].map(
      (next) => [next, '/'],
    ),
  ] as [string, string][])(
    'When the login is opened with next=%j, then it leads to %s',
    async ([next, target], { stranger }) => {
      const page = await stranger.open(`/login?next=${encodeURIComponent(next)}`);
      expect(page.html.querySelector('[name=next]')?.getAttribute('value')).toBe(target);
      const reply = await stranger.submit(page, '/login', { username: 'alice', password: 'x', next });
      expect([reply.status, reply.location]).toEqual([303, target]);
    },
  );
});

describe.for([
  ['/login', '/', { status: 401, body: { message: 'Not logged in' } }],
  ['/register', '/login', taken('username')],
] as const)('a form for %s whose next holds half a surrogate pair', ([path, target, refusal]) => {
  const send = async (stranger: Browser) => {
    const page = await stranger.open(path);
    const _csrf = page.html.querySelector('[name=_csrf]')?.getAttribute('value');
    return stranger.send('POST', path, (request) =>
      request.type('json').send({ _csrf, username: 'alice', password: 'secret12', next: '/\ud800' }),
    );
  };

  test('When it is good, then it is done and leads on', async ({ stranger }) => {
    const reply = await send(stranger);
    expect([reply.status, reply.location]).toEqual([303, target]);
  });

  test('When it is refused, then the page says so and leads home', async ({ shop, stranger }) => {
    shop.userService.routes[`POST /api/user/${path === '/login' ? 'login' : 'create'}`] = refusal;
    const page = await send(stranger);
    expect(page.status).toBe(refusal.status);
    expect(page.html.querySelector('[name=next]')?.getAttribute('value')).toBe('/');
  });
});

describe('the link to the login', () => {
  test.for([
    ['/', '/login'],
    ['/login?next=%2Forders', '/login'],
    ['/register', '/login'],
    ['/product/laptop-pro?x=%26', '/login?next=%2Fproduct%2Flaptop-pro%3Fx%3D%2526'],
    ['/nowhere', '/login?next=%2Fnowhere'],
  ] as const)('When a visitor is on %s, then it is %s', async ([path, href], { stranger }) => {
    const links = (await stranger.open(path)).html.querySelectorAll('.account a');
    expect(links[0]?.getAttribute('href')).toBe(href);
  });
});

describe('logging out', () => {
  test('When a visitor logs out, then the session is deleted and user-service revokes the api key', async ({
    shop,
    alice,
  }) => {
    const cookie = alice.cookies.get('session') ?? '';
    const reply = await alice.open('/logout');
    expect([reply.status, reply.location]).toEqual([303, '/']);
    expect(alice.cookies.has('session')).toBe(false);
    expect(shop.userService.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/api/user/logout', 'Bearer key-of-alice'],
    ]);
    alice.cookies.set('session', cookie);
    expect((await alice.open('/')).text).toContain('Se connecter');
  });

  test('When a stranger logs out, then they are sent home and no service is asked', async ({
    shop,
    stranger,
  }) => {
    const reply = await stranger.open('/logout');
    expect([reply.status, reply.location]).toEqual([303, '/']);
    expect(asked(shop)).toEqual([]);
  });
});

describe('a logout that another site asks for', () => {
  test.for([
    ['GET', 'cross-site'],
    ['HEAD', 'cross-site'],
    ['GET', 'same-site'],
  ] as const)(
    'When it is a %s from %s, then the session goes on, and the next page offers the logout',
    async ([method, site], { shop, alice }) => {
      const reply = await alice.send(method, '/logout', (request) => request.set('Sec-Fetch-Site', site));
      expect([reply.status, reply.location]).toEqual([303, '/']);
      expect(asked(shop)).toEqual([]);
      const notice = (await alice.follow(reply)).html.querySelector('[role=alert]');
      expect(notice?.textContent).toContain('toujours connecté');
      expect(notice?.querySelector('a')?.getAttribute('href')).toBe('/logout');
    },
  );

  test.for(['same-origin', 'none'])(
    'When it comes from %s, then the session ends',
    async (site, { alice }) => {
      await alice.send('GET', '/logout', (request) => request.set('Sec-Fetch-Site', site));
      expect(alice.cookies.has('session')).toBe(false);
    },
  );
});

describe('an api key that is no longer known', () => {
  test.for(['/checkout', '/orders?before=5', '/product/laptop-pro'])(
    'When a service rejects it at %s, then the session ends, and a login leads back',
    async (path, { shop, alice }) => {
      for (const route of ['GET /api/order', 'GET /api/orders', 'POST /api/order/add-item'])
        shop.orderService.routes[route] = unauthorized;
      const page = await alice.open(path);
      const reply = path.startsWith('/product') ? await alice.submit(page, path) : page;
      expect([reply.status, reply.location]).toEqual([303, `/login?next=${encodeURIComponent(path)}`]);
      expect(alice.cookies.has('session')).toBe(false);
      const login = await alice.follow(reply);
      expect(login.html.querySelector('[role=alert]')?.textContent).toContain('reconnectez-vous');
      expect(login.html.querySelector('[name=next]')?.getAttribute('value')).toBe(path);
    },
  );
});
