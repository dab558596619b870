import { describe, expect } from 'vitest';
import { type Browser, errorOf, openBrowser, type Page } from './browser';
import { asked, test } from './shop';

const path = '/product/webcam-hd';
const toLogin = `/login?next=${encodeURIComponent(path)}`;
const credentials = { username: 'alice', password: 'a good password' };

/** Adds a product as a stranger. @returns the login page to which that leads */
async function addAsStranger(browser: Browser, quantity = '2'): Promise<Page> {
  const reply = await browser.submit(await browser.open(path), path, { quantity });
  expect([reply.status, reply.location]).toEqual([303, toLogin]);
  return browser.follow(reply);
}

describe('a form that a stranger sends', () => {
  test('When they log in then, then it is done as they sent it, once, and the page says so', async ({
    shop,
    stranger,
  }) => {
    const login = await addAsStranger(stranger);
    expect(login.html.querySelector('[role=status]')?.textContent).toContain('sera fait');
    expect(shop.orderService.requests).toEqual([]);
    const back = await stranger.submit(login, '/login', credentials);
    expect([back.status, back.location]).toEqual([303, path]);
    const [added] = shop.orderService.requests;
    expect([added?.method, added?.path, added?.body, added?.headers.authorization]).toEqual([
      'POST',
      '/api/order/add-item',
      '{"product_id":7,"qty":2}',
      'Bearer key-of-alice',
    ]);
    expect((await stranger.follow(back)).html.querySelector('[role=status]')?.textContent).toContain(
      '2 articles',
    );
    await stranger.open('/logout');
    await stranger.submit(await stranger.open(toLogin), '/login', credentials);
    expect(shop.orderService.requests).toHaveLength(1);
  });

  test('When they mistype the password, or register first, then it is done after the login all the same', async ({
    shop,
    stranger,
  }) => {
    const login = await addAsStranger(stranger);
    const toRegister = login.html.querySelector('.after a')?.getAttribute('href') ?? '';
    const registered = await stranger.submit(await stranger.open(toRegister), '/register', credentials);
    const wrong = { status: 401, body: { message: 'Not logged in' } };
    const right = shop.userService.routes['POST /api/user/login'] ?? {};
    shop.userService.routes['POST /api/user/login'] = wrong;
    const again = await stranger.submit(await stranger.follow(registered), '/login', credentials);
    expect([again.status, shop.orderService.requests]).toEqual([401, []]);
    shop.userService.routes['POST /api/user/login'] = right;
    expect((await stranger.submit(again, '/login', credentials)).location).toBe(path);
    expect(shop.orderService.requests).toHaveLength(1);
  });

  test('When another replica serves the login, then the form is done there', async ({ shop, stranger }) => {
    const login = await addAsStranger(stranger);
    const other = await shop.openDoors();
    try {
      const browser = openBrowser(other.url);
      for (const [name, value] of stranger.cookies) browser.cookies.set(name, value);
      await browser.submit(login, '/login', credentials);
      expect(asked(shop)).toContain('POST /api/order/add-item');
    } finally {
      await other.close();
    }
  });

  test('When they log in from another page, then it is not done, not even later', async ({
    shop,
    stranger,
  }) => {
    await addAsStranger(stranger);
    expect((await stranger.submit(await stranger.open('/login'), '/login', credentials)).location).toBe('/');
    await stranger.open('/logout');
    await stranger.submit(await stranger.open(toLogin), '/login', credentials);
    expect(shop.orderService.requests).toEqual([]);
  });

  test('When it has a mistake, then the login leads to the form, which says so', async ({
    shop,
    stranger,
  }) => {
    const login = await addAsStranger(stranger, '0');
    const page = await stranger.submit(login, '/login', credentials);
    expect([page.status, errorOf(page, 'quantity')]).toEqual([400, expect.stringContaining('de 1 à 99')]);
    expect(page.text).toContain('Bonjour Alice');
    expect(page.html.querySelector('.languages [lang=en]')?.getAttribute('href')).toBe(`${path}?lang=en`);
    expect(shop.orderService.requests).toEqual([]);
    expect((await stranger.submit(page, path, { quantity: '1' })).status).toBe(303);
  });

  test('When its service is away after the login, then the page says so, and the visitor is logged in', async ({
    shop,
    stranger,
  }) => {
    const login = await addAsStranger(stranger);
    shop.orderService.mode = 'cut';
    const page = await stranger.submit(login, '/login', credentials);
    expect([page.status, page.text]).toEqual([503, expect.stringContaining('La caisse est fermée')]);
    expect((await stranger.open('/')).text).toContain('Bonjour Alice');
  });

  test('When it is for admins only, then anybody else gets 403 after the login', async ({
    shop,
    stranger,
  }) => {
    const target = '/admin/product/3/delete';
    const page = await stranger.open(path);
    const _csrf = page.html.querySelector('[name=_csrf]')?.getAttribute('value');
    const reply = await stranger.send('POST', target, (request) => request.type('form').send({ _csrf }));
    const login = await stranger.follow(reply);
    expect((await stranger.submit(login, '/login', credentials)).status).toBe(403);
    expect(shop.productService.requests.map(({ method }) => method)).toEqual(['GET']);
  });
});

describe('a form that cannot be kept', () => {
  test.for<[what: string, fields: Record<string, string>]>([
    ['its token is not this shop’s', { _csrf: 'x' }],
    ['it is too long for a cookie', { quantity: 'x'.repeat(3000) }],
  ])(
    'When %s, then the login page says so, and nothing is done after it',
    async ([, fields], { shop, stranger }) => {
      const reply = await stranger.submit(await stranger.open(path), path, fields);
      expect([reply.status, reply.location]).toEqual([303, toLogin]);
      const login = await stranger.follow(reply);
      expect(login.html.querySelector('[role=alert]')?.textContent).toContain('n’a pas pu être gardé');
      expect((await stranger.submit(login, '/login', credentials)).location).toBe(path);
      expect(shop.orderService.requests).toEqual([]);
    },
  );

  test.for(['x', '', 'AAAA', '{"path":"/cart/remove/1"}'])(
    'When its cookie is %j, then the login is as without it',
    async (value, { shop, stranger }) => {
      const page = await stranger.open(toLogin);
      stranger.cookies.set('form', encodeURIComponent(value));
      expect((await stranger.submit(page, '/login', credentials)).location).toBe(path);
      expect([shop.orderService.requests, stranger.cookies.has('form')]).toEqual([[], false]);
    },
  );
});
