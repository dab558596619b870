import { describe, expect } from 'vitest';
import { errorOf, type Page } from './browser';
import { asked, pageOf, type StartedShop, test } from './shop';
import { aCart, anItem, products } from './stock';

describe('the shop window', () => {
  test('When a stranger opens it, then it shows all products, and takes one call and no cookie', async ({
    shop,
    stranger,
  }) => {
    const page = await stranger.open('/');
    expect(page.status).toBe(200);
    expect(page.html.querySelectorAll('.card h3').map((heading) => heading.textContent)).toEqual(
      products.map(({ name }) => name),
    );
    expect(page.html.querySelector('.card .price')?.textContent).toMatch(/^1\s200\s\$$/);
    expect(asked(shop)).toEqual(['GET /api/products?limit=25']);
    expect(page.setCookies.size).toBe(0);
  });

  test('When a visitor is logged in, then it still takes one call, and browsers must not store it', async ({
    shop,
    alice,
  }) => {
    const page = await alice.open('/');
    expect(page.text).toContain('Bonjour Alice');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(asked(shop)).toEqual(['GET /api/products?limit=25']);
    expect(page.setCookies.size).toBe(0);
  });

  test('When the shop has no drawing of a product, then it shows the neutral one', async ({
    shop,
    stranger,
  }) => {
    const images = ['laptop-pro.svg', 'gone.svg', '../shop.css', 'toString', ''];
    shop.productService.routes['GET /api/products'] = {
      body: { results: images.map((image, index) => ({ id: index, name: 'x', slug: 'x', price: 1, image })) },
    };
    const { html } = await stranger.open('/');
    const sources = html.querySelectorAll('.card img').map((image) => image.getAttribute('src'));
    expect(sources).toEqual([
      '/static/products/laptop-pro.svg',
      ...Array(4).fill('/static/products/neutral.svg'),
    ]);
  });

  test('When a name contains a script, then it is shown as text', async ({ shop, stranger }) => {
    const name = '<script>alert(1)</script>"\'&';
    shop.productService.routes['GET /api/products'] = { body: { results: [{ ...products[0], name }] } };
    const { html } = await stranger.open('/');
    expect(html.querySelector('script')).toBeNull();
    expect(html.querySelector('.card h3')?.textContent).toContain('alert(1)');
  });

  test('When static files are requested, then browsers may cache them for a day', async ({ stranger }) => {
    const { html } = await stranger.open('/');
    const addresses = [
      html.querySelector('link[rel=stylesheet]')?.getAttribute('href'),
      html.querySelector('link[rel=icon]')?.getAttribute('href'),
      ...html.querySelectorAll('img').map((image) => image.getAttribute('src')),
    ];
    expect(addresses).toHaveLength(13);
    for (const address of addresses) {
      const { status, headers } = await stranger.open(address ?? '');
      expect([status, headers.get('cache-control')], address).toEqual([200, 'public, max-age=86400']);
      expect(headers.get('etag')).not.toBeNull();
    }
  });
});

describe('the pages of the shop window', () => {
  const stock = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      ...{ id: 10 * (index + 1), name: `Lamp ${index + 1}`, slug: `lamp-${index + 1}` },
      ...{ price: 30, image: 'lamp.svg' },
    }));
  const sell = ({ productService }: StartedShop, count: number) => {
    productService.routes['GET /api/products'] = ({ path }) => ({
      body: { results: pageOf(stock(count), path) },
    });
  };
  const namesOn = ({ html }: Page) => html.querySelectorAll('.card h3').map(({ textContent }) => textContent);
  const linksIn = (page: Page, place: string) =>
    Object.fromEntries(
      page.html
        .querySelectorAll(`${place}[rel=prev], ${place}[rel=next], ${place}[rel=canonical]`)
        .map((link) => [link.getAttribute('rel'), link.getAttribute('href')]),
    );

  test.for([0, 10, 24])(
    'When there are %i products, then one page shows them and leads nowhere',
    async (count, { shop, stranger }) => {
      sell(shop, count);
      const page = await stranger.open('/');
      expect(namesOn(page)).toHaveLength(count);
      expect(page.html.querySelectorAll('main nav')).toEqual([]);
      expect([linksIn(page, 'head link'), linksIn(page, 'main a')]).toEqual([{}, {}]);
    },
  );

  test('When there are more than 24, then links of a page and of its head lead through all, forwards and back', async ({
    shop,
    stranger,
  }) => {
    sell(shop, 60);
    const names = stock(60).map(({ name }) => name);
    const [first, second, third] = [names.slice(0, 24), names.slice(24, 48), names.slice(48)];
    const visited: [path: string, shown: string[] | undefined, links: object][] = [
      ['/', first, { next: '/?after=240' }],
      ['/?after=240', second, { prev: '/?before=250', next: '/?after=480' }],
      ['/?after=480', third, { prev: '/?before=490' }],
      ['/?before=490', second, { canonical: '/?after=240', prev: '/?before=250', next: '/?after=480' }],
      ['/?before=250', first, { canonical: '/', next: '/?after=240' }],
    ];
    for (const [path, shown, links] of visited) {
      shop.productService.requests.length = 0;
      const page = await stranger.open(path);
      expect([page.status, namesOn(page)], path).toEqual([200, shown]);
      expect(linksIn(page, 'head link'), path).toEqual(links);
      expect({ ...links, ...linksIn(page, 'main nav a') }, path).toEqual(links);
      expect(page.html.querySelectorAll('main nav a'), path).toHaveLength(
        Object.keys(links).filter((rel) => rel !== 'canonical').length,
      );
      const [, before] = path.split('before=');
      expect(asked(shop).sort(), path).toEqual([
        // A product after those of the page, if there is one.
        ...(before ? [`GET /api/products?limit=1&after=${Number(before) - 1}`] : []),
        `GET /api/products?limit=25${path.slice(1).replace('?', '&')}`,
      ]);
    }
  });

  test.for(['/?before=4294967295', '/?before=601'])(
    'When no product is left after those of %s, then the page leads backwards only',
    async (path, { shop, stranger }) => {
      sell(shop, 60);
      const page = await stranger.open(path);
      expect([page.status, namesOn(page).at(-1)]).toEqual([200, 'Lamp 60']);
      expect(linksIn(page, 'main nav a')).toEqual({ prev: '/?before=370' });
      expect(linksIn(page, 'head link')).toEqual({ canonical: '/?after=360', prev: '/?before=370' });
    },
  );

  test('When a page is read in English, then its links are in English and its language can be changed', async ({
    shop,
    stranger,
  }) => {
    sell(shop, 60);
    const page = await stranger.open('/?after=240&lang=en');
    const links = page.html.querySelectorAll('main nav a').map(({ textContent }) => textContent);
    expect(links).toEqual(['Previous page', 'Next page']);
    expect(page.html.querySelector('.languages [lang=fr]')?.getAttribute('href')).toBe('/?after=240&lang=fr');
  });

  test.for(['/?after=600', '/?after=4294967295', '/?before=10'])(
    'When no product is left at %s, then it leads to the first page',
    async (path, { shop, stranger }) => {
      sell(shop, 60);
      const page = await stranger.open(path);
      expect([page.status, page.location]).toEqual([303, '/']);
    },
  );

  test.for(['abc', '0', '-1', '1.5', '99999999999', '1&after=2', '%00', '', '%ff', '<b>'])(
    'When the page is opened with after=%s, then it is the first',
    async (after, { shop, stranger }) => {
      sell(shop, 60);
      for (const name of ['after', 'before']) {
        shop.productService.requests.length = 0;
        const page = await stranger.open(`/?${name}=${after.replace('after', name)}`);
        expect([page.status, linksIn(page, 'head link')]).toEqual([200, { next: '/?after=240' }]);
        expect(asked(shop)).toEqual(['GET /api/products?limit=25']);
      }
    },
  );
});

describe('a product', () => {
  test.for(['/product/laptop-pro', '/product/1'])(
    'When %s is opened, then it takes one call',
    async (path, { shop, stranger }) => {
      const page = await stranger.open(path);
      expect([page.status, page.html.querySelector('h1')?.textContent]).toEqual([200, 'Laptop Pro']);
      expect(page.html.querySelector('article img')?.getAttribute('alt')).toContain('Laptop Pro');
      expect(asked(shop)).toHaveLength(1);
      expect([...page.setCookies.keys()]).toEqual(['csrf']);
    },
  );

  test.for([
    ...['unknown', '%2e%2e%2f%2e%2e', '%3Fx', '%23', '%00', '%0a', '%20', 'a%2fb', "'--", '<b>'],
    ...[
      'a_b',
      '٣',
      'x'.repeat(121),
      '%c3%a9',
      '99999999999999999999',
      '-1',
      '1.5',
      '__proto__',
      'laptop-pro/x',
    ],
  ])(
    'When the product is %s, then 404, and no service is asked for anything but a plain slug',
    async (slug, { shop, stranger }) => {
      const page = await stranger.open(`/product/${slug}`);
      expect(page.status).toBe(404);
      expect(page.text).toContain('Page introuvable');
      for (const request of asked(shop)) expect(request).toMatch(/^GET \/api\/product\/[a-z0-9-]+$/);
    },
  );

  test('When an address cannot be decoded, then it is refused', async ({ stranger }) => {
    for (const path of ['/product/%ff', '/product/%', '/product/%c3', '/%ff', '/cart/update/%ff'])
      expect((await stranger.open(path)).status, path).toBe(path === '/%ff' ? 404 : 400);
  });
});

describe('adding to the cart', () => {
  const path = '/product/webcam-hd';

  test('When a visitor adds three, then order-service gets them, and the page says so once', async ({
    shop,
    alice,
  }) => {
    const page = await alice.open(path);
    const reply = await alice.submit(page, path, { quantity: '3' });
    expect([reply.status, reply.location]).toEqual([303, path]);
    const added = shop.orderService.requests.map(({ method, path, body, headers }) => [
      method,
      path,
      body,
      headers.authorization,
    ]);
    expect(added).toEqual([
      ['POST', '/api/order/add-item', '{"product_id":7,"qty":3}', 'Bearer key-of-alice'],
    ]);
    expect(asked(shop).filter((call) => call.startsWith('GET /api/product/'))).toHaveLength(1);
    const next = await alice.follow(reply);
    expect(next.html.querySelector('[role=status]')?.textContent).toContain('3 articles ajoutés');
    expect((await alice.open(path)).html.querySelector('[role=status]')).toBeNull();
  });

  test('When the form does not tell the product, then the address does', async ({ shop, alice }) => {
    const page = await alice.open(path);
    const _csrf = page.html.querySelector('[name=_csrf]')?.getAttribute('value');
    for (const address of [path, '/product/7']) {
      const reply = await alice.send('POST', address, (request) =>
        request.type('form').send({ _csrf, quantity: '3' }),
      );
      expect(reply.location, address).toBe(path);
    }
    expect(shop.orderService.requests.map(({ body }) => body)).toEqual(
      Array(2).fill('{"product_id":7,"qty":3}'),
    );
  });

  test('When no quantity is given, then one is added', async ({ shop, alice }) => {
    await alice.submit(await alice.open(path), path);
    expect(shop.orderService.requests[0]?.body).toBe('{"product_id":7,"qty":1}');
  });

  test.for(['abc', '0', '-1', '1.5', '100', '', ' 7 ', '1e1', '٣', '0x1', '9'.repeat(300), '\0', '<b>'])(
    'When the quantity is %j, then 400, an error beside the field, and nothing is added',
    async (quantity, { shop, alice }) => {
      const reply = await alice.submit(await alice.open(path), path, { quantity });
      expect(reply.status).toBe(400);
      expect(errorOf(reply, 'quantity')).toContain('de 1 à 99');
      if (quantity !== '\0')
        expect(reply.html.querySelector('[name=quantity]')?.getAttribute('value')).toBe(quantity);
      expect(shop.orderService.requests).toEqual([]);
    },
  );

  test('When the line would exceed 999, then 400 and an error beside the field', async ({ shop, alice }) => {
    const refusal = { message: 'Invalid input', errors: [{ field: 'qty', message: 'too many' }] };
    shop.orderService.routes['POST /api/order/add-item'] = { status: 400, body: refusal };
    const reply = await alice.submit(await alice.open(path), path, { quantity: '99' });
    expect([reply.status, errorOf(reply, 'quantity')]).toEqual([400, expect.stringContaining('999')]);
  });

  test('When the product has just been deleted, then 404', async ({ shop, alice }) => {
    const page = await alice.open(path);
    shop.orderService.routes['POST /api/order/add-item'] = {
      status: 404,
      body: { message: 'Cannot find product' },
    };
    expect((await alice.submit(page, path)).status).toBe(404);
  });

  test('When a product in the cart is still sold, then its line links to it', async ({ shop, alice }) => {
    shop.orderService.routes['GET /api/order'] = {
      body: aCart({ id: 1, items: [anItem(7, 1)] }),
    };
    const link = (await alice.open('/checkout')).html.querySelector('.line h2 a')?.getAttribute('href');
    expect((await alice.open(link ?? '')).html.querySelector('h1')?.textContent).toBe('Webcam HD');
  });
});
