import { describe, expect } from 'vitest';
import { type Browser, errorOf, type Page } from './browser';
import { asked, pageOf, type StartedShop, test, unauthorized } from './shop';
import { anItem, anOrder, products } from './stock';

const form = { name: 'Lampe', slug: 'lampe', image: 'lampe.svg', price: '30' };

describe('the management page', () => {
  test('When an admin opens it, then it lists products, orders and accounts', async ({ shop, admin }) => {
    const page = await admin.open('/admin');
    const rows = page.html
      .querySelectorAll('section')
      .map((section) => section.querySelectorAll('tbody tr').length);
    expect([page.status, rows]).toEqual([200, [10, 2, 2]]);
    expect(asked(shop).sort()).toEqual([
      'GET /api/orders?limit=21&all=true',
      'GET /api/products?limit=51',
      'GET /api/users?limit=51',
    ]);
    for (const service of [shop.orderService, shop.userService])
      expect(service.requests[0]?.headers.authorization).toBe('Bearer key-of-admin');
  });

  test.for(['/admin', '/admin/product/new', '/admin/product/1', '/admin/product/1/delete'])(
    'When anybody else opens %s, then they are refused and no service is asked',
    async (path, { shop, stranger, alice }) => {
      const [away, forbidden] = [await stranger.open(path), await alice.open(path)];
      expect([away.status, away.location]).toEqual([303, `/login?next=${encodeURIComponent(path)}`]);
      expect([forbidden.status, forbidden.text]).toEqual([403, expect.stringContaining('Accès réservé')]);
      expect(asked(shop)).toEqual([]);
    },
  );

  test('When there are more products, orders or accounts than fit, then links lead to them', async ({
    shop,
    admin,
  }) => {
    const lamps = Array.from({ length: 51 }, (_, index) => ({ ...products[0], id: 101 + index }));
    shop.productService.routes['GET /api/products'] = { body: { results: lamps } };
    const orders = Array.from({ length: 21 }, (_, index) =>
      anOrder({ id: 60 - index, items: [anItem(1, 1)] }),
    );
    shop.orderService.routes['GET /api/orders'] = { body: orders };
    const links = (await admin.open('/admin')).html
      .querySelectorAll('.choices a')
      .map((link) => link.getAttribute('href'));
    expect(links).toEqual(['/admin?products_after=150#products', '/admin?orders_before=41#orders']);
    lamps.pop();
    orders.pop();
    expect((await admin.open('/admin')).html.querySelectorAll('.choices a')).toEqual([]);
    await admin.open('/admin?products_after=150&orders_before=41&users_after=7');
    expect(asked(shop)).toContain('GET /api/products?limit=51&after=150');
    expect(asked(shop)).toContain('GET /api/orders?limit=21&before=41&all=true');
    expect(asked(shop)).toContain('GET /api/users?limit=51&after=7');
  });

  test.for([
    ['product-service', 0],
    ['order-service', 1],
    ['user-service', 2],
  ] as const)(
    'When %s is away, then the page is 503, its section says so, and the other sections are there',
    async ([name, index], { shop, admin }) => {
      shop.services[name].mode = 'cut';
      const page = await admin.open('/admin');
      expect([page.status, page.headers.get('retry-after')]).toEqual([503, '1']);
      const isThere = page.html
        .querySelectorAll('section')
        .map((section) => section.querySelector('table') !== null);
      expect(isThere).toEqual([0, 1, 2].map((section) => section !== index));
    },
  );

  test('When the visitor is no longer an admin, then 403', async ({ shop, admin }) => {
    shop.userService.routes['GET /api/users'] = { status: 403, body: { message: 'For admins only' } };
    expect((await admin.open('/admin')).status).toBe(403);
  });
});

describe.for([
  ['adding', '/admin/product/new', 'POST /api/product/create'],
  ['changing', '/admin/product/3', 'PUT /api/product/:id'],
] as const)('%s a product', ([, path, route]) => {
  test('When the form is sent, then product-service gets what was typed', async ({ shop, admin }) => {
    shop.productService.routes[route] = { status: 201, body: { product: { id: 11 } } };
    const reply = await admin.submit(await admin.open(path), path, form);
    expect([reply.status, reply.location]).toEqual([303, '/admin']);
    const told = shop.productService.requests.at(-1);
    expect([
      `${told?.method} ${told?.path}`,
      told?.headers.authorization,
      JSON.parse(told?.body ?? ''),
    ]).toEqual([route.replace(':id', '3'), 'Bearer key-of-admin', form]);
    expect((await admin.follow(reply)).html.querySelector('[role=status]')).not.toBeNull();
  });

  test.for([
    [400, 'price', 'dollars entiers'],
    [409, 'slug', 'a cette adresse'],
  ] as const)(
    'When product-service answers %i, then an error stands beside %s and everything typed stays',
    async ([status, field, words], { shop, admin }) => {
      shop.productService.routes[route] = {
        status,
        body: { message: 'x', errors: [{ field, message: 'x' }] },
      };
      const page = await admin.submit(await admin.open(path), path, form);
      expect([page.status, errorOf(page, field)]).toEqual([status, expect.stringContaining(words)]);
      for (const [name, value] of Object.entries(form))
        expect(page.html.querySelector(`[name=${name}]`)?.getAttribute('value')).toBe(value);
    },
  );
});

test('When the api key is no longer known at the form of a product, then it is added after a login', async ({
  shop,
  admin,
}) => {
  const path = '/admin/product/new';
  const page = await admin.open(path);
  shop.productService.routes['POST /api/product/create'] = unauthorized;
  const reply = await admin.submit(page, path, { ...form, name: 'Étoile 😀' });
  expect(reply.location).toBe(`/login?next=${encodeURIComponent(path)}`);
  shop.productService.routes['POST /api/product/create'] = { status: 201, body: { product: { id: 11 } } };
  const login = { username: 'admin', password: 'a good password' };
  const added = await admin.submit(await admin.follow(reply), '/login', login);
  expect([added.status, added.location]).toEqual([303, '/admin']);
  const told = shop.productService.requests.at(-1);
  expect([told?.path, JSON.parse(told?.body ?? '')]).toEqual([
    '/api/product/create',
    { ...form, name: 'Étoile 😀' },
  ]);
});

describe('the form of a new product, sent twice', () => {
  const path = '/admin/product/new';
  const added = { id: 11, name: 'Lampe', slug: 'lampe', image: 'lampe.svg', price: 30 };
  const send = async (
    { shop, admin }: { shop: StartedShop; admin: Browser },
    existing: typeof added,
    typed = form,
  ) => {
    const page = await admin.open(path);
    const taken = [{ field: 'name', message: 'is already taken' }];
    shop.productService.routes['POST /api/product/create'] = {
      status: 409,
      body: { message: 'x', errors: taken },
    };
    shop.productService.routes = {
      [`GET /api/product/${added.slug}`]: { body: { result: existing } },
      ...shop.productService.routes,
    };
    return admin.submit(page, path, typed);
  };

  test.for([form, { ...form, name: ' Lampe ', price: '030' }])(
    'When the product %j is in the catalogue just so, then the answer is that of the first',
    async (typed, { shop, admin }) => {
      const reply = await send({ shop, admin }, added, typed);
      expect([reply.status, reply.location]).toEqual([303, '/admin']);
      expect((await admin.follow(reply)).html.querySelector('[role=status]')?.textContent).toContain(
        'en vitrine',
      );
    },
  );

  test.for([{ name: 'Lampion' }, { image: 'other.svg' }, { price: 31 }])(
    'When the product in the catalogue has %j, then the address is taken',
    async (difference, { shop, admin }) => {
      expect((await send({ shop, admin }, { ...added, ...difference })).status).toBe(409);
    },
  );
});

test('When there are many products, then each form and its way out lead to a list that shows its product', async ({
  shop,
  admin,
}) => {
  const lamps = Array.from({ length: 150 }, (_, index) => ({ ...products[0], id: index + 1 }));
  shop.productService.routes = {
    'GET /api/products': ({ path }) => ({ body: { results: pageOf(lamps, path) } }),
    'GET /api/product/:id': ({ params }) => ({ body: { result: lamps[Number(params.id) - 1] } }),
    'POST /api/product/create': { status: 201, body: { product: { id: 150 } } },
    'PUT /api/product/:id': { body: {} },
    'DELETE /api/product/:id': { body: {} },
  };
  const idsIn = ({ html }: Page) =>
    html.querySelectorAll('.actions a[href$=delete]').map((link) => link.getAttribute('href')?.split('/')[3]);
  for (const [path, id] of [
    ['/admin/product/new', '150'],
    ['/admin/product/120', '120'],
    ['/admin/product/120/delete', '120'],
    ['/admin/product/7', '7'],
  ] as const) {
    const page = await admin.open(path);
    const list = await admin.follow(await admin.submit(page, path, form));
    expect(idsIn(list), path).toContain(id);
    expect(idsIn(list), path).toHaveLength(50);
    const cancel = page.html.querySelector('a.beside')?.getAttribute('href') ?? '';
    if (path !== '/admin/product/new') expect(idsIn(await admin.open(cancel)), path).toContain(id);
  }
});

describe('deleting a product', () => {
  const path = '/admin/product/3/delete';

  test('When an admin deletes a product, then they confirm it first', async ({ shop, admin }) => {
    shop.productService.routes['DELETE /api/product/:id'] = { body: { message: 'Product deleted' } };
    const page = await admin.open(path);
    expect(page.text).toContain('Supprimer\u00a0: Casque Sans Fil'.replace('\u00a0', ' '));
    expect(asked(shop)).toEqual(['GET /api/product/3']);
    const reply = await admin.submit(page, path);
    expect([reply.status, reply.location]).toEqual([303, '/admin']);
    expect(asked(shop)).toContain('DELETE /api/product/3');
  });

  test('When the form is sent twice, then the second answer is that of the first', async ({
    shop,
    admin,
  }) => {
    const page = await admin.open(path);
    for (const answer of [{ body: {} }, { status: 404, body: { message: 'Cannot find product' } }]) {
      shop.productService.routes['DELETE /api/product/:id'] = answer;
      const reply = await admin.submit(page, path);
      expect([reply.status, reply.location]).toEqual([303, '/admin']);
      expect((await admin.follow(reply)).html.querySelector('[role=status]')?.textContent).toContain(
        'a quitté',
      );
    }
  });

  test('When the api key is no longer known, then nothing is deleted, and a login leads back', async ({
    shop,
    admin,
  }) => {
    const page = await admin.open(path);
    shop.productService.routes['DELETE /api/product/:id'] = unauthorized;
    expect((await admin.submit(page, path)).location).toBe(`/login?next=${encodeURIComponent(path)}`);
  });

  test.for(['0', 'abc', '-1', '1.5', '99999999999', '%2e%2e', '%00', '__proto__'])(
    'When the product id is %s, then 404 and no service is asked',
    async (id, { shop, admin }) => {
      for (const page of [`/admin/product/${id}x`, `/admin/product/${id}/delete`])
        expect((await admin.open(page)).status).toBe(404);
      expect(asked(shop)).toEqual([]);
    },
  );
});
