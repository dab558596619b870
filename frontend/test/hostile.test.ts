import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect } from 'vitest';
import { hostileBodies } from '../../test/hostile-requests';
import { asked, test } from './shop';

const PAGES = [
  '/',
  '/product/laptop-pro',
  '/login',
  '/register',
  '/checkout',
  '/orders',
  '/admin',
  '/nowhere',
];
const FORMS = [
  ['/login', '/login'],
  ['/register', '/register'],
  ['/product/laptop-pro', '/product/laptop-pro'],
  ['/checkout', '/cart/update/1'],
  ['/checkout', '/cart/remove/1'],
  ['/checkout', '/checkout/process'],
  ['/admin/product/new', '/admin/product/new'],
  ['/admin/product/1', '/admin/product/1'],
  ['/admin/product/1/delete', '/admin/product/1/delete'],
] as const;

describe.for(FORMS)('the form on %s for %s', ([path, action]) => {
  test('When its token is missing, wrong, or somebody else’s, then 403 and nothing is done', async ({
    shop,
    admin,
    alice,
    stranger,
  }) => {
    const page = await admin.open(path);
    const foreign = await alice.open('/product/laptop-pro');
    const strange = await stranger.open('/login');
    const tokenOf = (from: typeof page) =>
      from.html.querySelector('[name=_csrf]')?.getAttribute('value') ?? '';
    expect(tokenOf(page)).toMatch(/^[0-9a-f]{64}\.[0-9a-f]{64}$/);
    const before = asked(shop);
    for (const _csrf of ['', 'x', tokenOf(foreign), tokenOf(strange), tokenOf(page).replace(/.$/, 'z')]) {
      const reply = await admin.submit(page, action, { _csrf });
      expect([reply.status, reply.text], _csrf).toEqual([403, expect.stringContaining('Formulaire périmé')]);
    }
    // Another session's token is refused together with its cookie, too.
    admin.cookies.set('csrf', alice.cookies.get('csrf') ?? '');
    expect((await admin.submit(page, action, { _csrf: tokenOf(foreign) })).status).toBe(403);
    admin.cookies.set('csrf', encodeURIComponent('j:{"split":1}'));
    expect((await admin.submit(page, action, { _csrf: 'j:{"split":1}' })).status).toBe(403);
    expect(asked(shop)).toEqual(before);
  });

  test('When its page is opened, then all forms on it hold the same token', async ({ admin }) => {
    const page = await admin.open(path);
    const tokens = page.html
      .querySelectorAll('form')
      .map((form) => form.querySelector('[name=_csrf]')?.getAttribute('value'));
    expect([new Set(tokens).size, tokens.includes(undefined)]).toEqual([1, false]);
    for (const form of page.html.querySelectorAll('form'))
      expect([form.getAttribute('method'), form.getAttribute('action')?.charAt(0)]).toEqual(['post', '/']);
  });

  test.for(hostileBodies)(
    'When its body is %s, then it is refused with a page',
    async ([, hostile, status], { shop, admin }) => {
      const reply = await admin.send('POST', action, hostile);
      // A body that can be parsed is refused for its missing token.
      expect([status === 400 ? 403 : status, status], reply.text).toContain(reply.status);
      expect(reply.html.querySelector('h1')).not.toBeNull();
      expect(asked(shop)).toEqual([]);
    },
  );
});

describe('addresses and methods', () => {
  test.for([
    '/..',
    '/product/..',
    '/product/../../etc/passwd',
    '/static/products/../../package.json',
    '/static/products/%2e%2e/%2e%2e/package.json',
    '//evil.example/%2e%2e',
    '/.git/config',
    '/\\..\\x',
    '*',
    '/product/%00.svg',
    '/static/shop.css/..',
  ])('When the raw path %s is requested, then no file is given away', async (path, { shop, stranger: _ }) => {
    const asking = request(shop.url, { path }).end();
    const [reply] = await once(asking, 'response');
    reply.resume();
    expect([400, 403, 404]).toContain(reply.statusCode);
  });

  test.for([
    ['POST', '/', 'GET'],
    ['PUT', '/product/laptop-pro', 'GET, POST'],
    ['DELETE', '/login', 'GET, POST'],
    ['GET', '/cart/remove/1', 'POST'],
    ['GET', '/cart/update/1', 'POST'],
    ['GET', '/checkout/process', 'POST'],
    ['POST', '/checkout', 'GET'],
    ['POST', '/logout', 'GET'],
    ['POST', '/admin', 'GET'],
    ['PATCH', '/orders', 'GET'],
  ] as const)(
    'When %s %s is requested, then 405 lists the allowed methods',
    async ([method, path, allowed], { alice }) => {
      const page = await alice.send(method, path);
      expect([page.status, page.headers.get('allow')]).toEqual([405, allowed]);
      expect(page.html.querySelector('h1')).not.toBeNull();
    },
  );

  test.for([
    ['GET', { 'If-Match': '"x"' }, 412],
    ['HEAD', { 'If-Match': '"x"' }, 412],
    ['GET', { 'If-Unmodified-Since': 'Mon, 01 Jan 1990 00:00:00 GMT' }, 412],
    ['GET', { Range: 'bytes=99999999-' }, 416],
  ] as const)(
    'When a static file is asked for by %s with %j, then a page refuses it with %i',
    async ([method, headers, status], { stranger }) => {
      const page = await stranger.send(method, '/static/shop.css', (request) => request.set(headers));
      expect(page.status).toBe(status);
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(page.headers.get('last-modified')).toBeNull();
      expect(page.headers.has('content-range')).toBe(status === 416);
    },
  );

  test('When HEAD is requested, then the status is that of the page', async ({ alice }) => {
    for (const path of PAGES)
      expect((await alice.send('HEAD', path)).status, path).toBe((await alice.open(path)).status);
  });

  test.for([
    'lang=%00',
    'next=a&next=b',
    'next[]=x',
    '__proto__[x]=1',
    'before=1&before=2',
    `x=${'y'.repeat(4000)}`,
    '%',
    '%ff=%ff',
    '&&&==',
    'constructor=1',
  ])('When the query is %s, then every page answers as without it', async (query, { admin }) => {
    for (const path of PAGES) {
      const { status } = await admin.open(`${path}?${query}`);
      expect(status, path).toBe(path === '/nowhere' ? 404 : 200);
    }
  });

  test.for([
    'csrf=j:{}; lang=j:[]; notice=j:{}',
    'notice={"kind":"x"}',
    'notice=%7B%22kind%22%3A%22ordered%22%7D',
    'notice=%ff',
    '=;;=,',
    '__proto__=1; constructor=2',
    'notice=null',
  ])('When the cookies are %s, then they are ignored', async (cookie, { stranger }) => {
    for (const path of PAGES.slice(0, 4)) {
      const page = await stranger.send('GET', path, (request) => request.set('Cookie', cookie));
      expect([page.status, page.html.querySelector('[role=status]')?.textContent], path).toEqual([
        200,
        undefined,
      ]);
    }
  });
});

describe('the security of pages', () => {
  test('When a page is served, then its policy allows content of this shop only, and no script', async ({
    alice,
  }) => {
    for (const path of [...PAGES, '/static/shop.css']) {
      const { headers } = await alice.open(path);
      const policy = headers.get('content-security-policy');
      expect(policy, path).toContain("default-src 'self'");
      expect(policy).toContain("script-src 'none'");
      expect(policy).toContain("form-action 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe-inline|upgrade-insecure-requests/);
      expect(headers.get('strict-transport-security')).toBeNull();
      expect(headers.get('x-powered-by')).toBeNull();
    }
  });

  test('When a page is served, then all its content is from this shop and nothing is inline', async ({
    admin,
  }) => {
    for (const path of PAGES) {
      const { html } = await admin.open(path);
      expect(html.querySelectorAll('script, style, [style]'), path).toEqual([]);
      for (const element of html.querySelectorAll('[src], link[href], form')) {
        const address =
          element.getAttribute('src') ?? element.getAttribute('href') ?? element.getAttribute('action');
        expect(address, path).toMatch(/^\/(?!\/)/);
      }
      expect(html.querySelectorAll('header form'), path).toEqual([]);
    }
  });
});

describe('the accessibility of pages', () => {
  test('When a page is served, then it has landmarks, headings in order, and texts for images and fields', async ({
    admin,
  }) => {
    for (const path of [...PAGES, '/admin/product/1', '/admin/product/1/delete']) {
      const { html } = await admin.open(path);
      expect(html.querySelectorAll('header.site-header, nav, main, footer.site-footer'), path).toHaveLength(
        4,
      );
      expect(html.querySelector('.skip')?.getAttribute('href')).toBe('#content');
      const levels = html.querySelectorAll('h1, h2, h3').map(({ tagName }) => Number(tagName.slice(1)));
      expect(
        levels.filter((level) => level === 1),
        path,
      ).toHaveLength(1);
      levels.forEach((level, index) => {
        expect(level - (levels[index - 1] ?? 0), `${path} ${levels}`).toBeLessThanOrEqual(1);
      });
      for (const image of html.querySelectorAll('img')) expect(image.hasAttribute('alt'), path).toBe(true);
      for (const input of html.querySelectorAll('input:not([type=hidden])'))
        expect(html.querySelector(`label[for="${input.getAttribute('id')}"]`), path).not.toBeNull();
    }
  });
});
