import type { Agent } from 'supertest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { product } from '../src/product';
import { ADMIN_KEY, aProduct, CUSTOMER_KEY, changes, productOf, test } from './product-service';

const seeds: [name: string, slug: string, price: number][] = [
  ['Laptop Pro', 'laptop-pro', 1200],
  ['Smartphone X', 'smartphone-x', 800],
  ['Casque Sans Fil', 'wireless-headphones', 150],
  ['Souris Gaming', 'gaming-mouse', 75],
  ['Clavier Mécanique', 'mechanical-keyboard', 120],
  ['Écran 4K', '4k-monitor', 450],
  ['Webcam HD', 'webcam-hd', 90],
  ['Hub USB-C', 'usb-c-hub', 45],
  ['Chargeur Sans Fil', 'wireless-charger', 35],
  ['SSD Externe 1TB', 'external-ssd', 150],
];

describe('reading', () => {
  test('When the shop is new, then it sells ten products, listed by id', async ({ service }) => {
    const results = seeds.map(([name, slug, price], index) => {
      return { id: index + 1, name, slug, price, image: `${slug}.svg` };
    });
    await service.api.get('/api/products').expect(200, { results });
  });

  const idsOf = async (api: Agent, query: string) => {
    const { body } = await api.get(`/api/products?${query}`).expect(200);
    return z
      .object({ results: z.array(product) })
      .parse(body)
      .results.map(({ id }) => id);
  };

  test.for<[query: string, ids: number[]]>([
    ['ids=3,1,2', [1, 2, 3]],
    ['ids=7', [7]],
    ['ids=5,5,4294967295,6', [5, 6]],
    ['ids=4000000000', []],
    [`ids=${Array.from({ length: 100 }, (_, index) => index + 9)}&before=11`, [9, 10]],
    ['limit=3', [1, 2, 3]],
    ['limit=3&after=3', [4, 5, 6]],
    ['after=8&before=11', [9, 10]],
    ['limit=3&before=6', [3, 4, 5]],
    ['limit=3&before=3', [1, 2]],
    ['limit=2&after=2&before=6', [3, 4]],
    ['limit=100&after=4294967295', []],
    ['limit=1&after=2&ids=1,2,3,4', [3]],
    ['limit=1&another=1&__proto__=1', [1]],
  ])(
    'When products are asked for with %.40s, then just those come, by id',
    async ([query, ids], { service }) => {
      expect(await idsOf(service.api, query)).toEqual(ids);
    },
  );

  test('When any number of products is asked for by id, then the database prepares three statements', async ({
    service,
  }) => {
    for (const count of [1, 2, 3, 9, 10, 11, 60, 99, 100]) {
      const ids = Array.from({ length: count }, (_, index) => index + 1);
      expect(await idsOf(service.api, `ids=${ids}`)).toEqual(ids.filter((id) => id <= seeds.length));
    }
    expect(new Set(service.statements.map(({ sql }) => sql)).size).toBe(3);
  });

  test('When products are read page by page, forwards or backwards, then each comes once', async ({
    service,
  }) => {
    const all = await idsOf(service.api, '');
    const forwards: number[] = [];
    for (let page = await idsOf(service.api, 'limit=4'); page.length > 0; ) {
      forwards.push(...page);
      page = await idsOf(service.api, `limit=4&after=${page.at(-1)}`);
    }
    const backwards: number[] = [];
    for (let page = await idsOf(service.api, 'limit=4&before=4294967295'); page.length > 0; ) {
      backwards.unshift(...page);
      page = await idsOf(service.api, `limit=4&before=${page[0]}`);
    }
    expect([forwards, backwards]).toEqual([all, all]);
  });

  test.for<[query: string, field: string]>([
    ...[
      '',
      ',',
      '1,',
      ',1',
      '1,,2',
      '1, 2',
      '1;2',
      '0',
      '01',
      '-1',
      '1.5',
      'x',
      '4294967296',
      '1,x',
      '%00',
      '%D9%A3',
    ].map((value): [string, string] => [`ids=${value}`, 'ids']),
    [`ids=${Array.from({ length: 101 }, (_, index) => index + 1)}`, 'ids'],
    ['ids=1&ids=2', 'ids'],
    ...['0', '101', '-1', '1.5', '', 'x', '%ff'].map((value): [string, string] => [
      `limit=${value}`,
      'limit',
    ]),
    ...['0', '-1', '1.5', '', 'x', '4294967296'].flatMap((value): [string, string][] => [
      [`after=${value}`, 'after'],
      [`before=${value}`, 'before'],
    ]),
  ])('When products are asked for with %.40s, then 400 names %s', async ([query, field], { service }) => {
    const { body } = await service.api.get(`/api/products?${query}`).expect(400);
    expect(body).toEqual({ message: 'Invalid input', errors: [{ field, message: expect.any(String) }] });
  });

  test.for(['laptop-pro', '1'])(
    'When %s is requested, then the answer is the laptop',
    async (idOrSlug, { service }) => {
      const reply = await service.api.get(`/api/product/${idOrSlug}`);
      const result = { id: 1, name: 'Laptop Pro', slug: 'laptop-pro', price: 1200, image: 'laptop-pro.svg' };
      expect(reply).toMatchObject({ status: 200, body: { result } });
      expect(service.userService.requests).toEqual([]);
    },
  );

  test.for([
    ...['unknown', 'Laptop-Pro', 'laptop_pro', '%20laptop-pro', 'laptop-pro%00', '%00', '%0a'],
    ...['0', '01', '-1', '+1', '1.0', '1e0', '1_0', '0x1', '%D9%A3', '4294967295', '4294967296'],
    ...[
      '99999999999999999999',
      '9'.repeat(121),
      'x'.repeat(121),
      '%F0%9F%92%A1',
      '%2e%2e%2fetc',
      '__proto__',
    ],
    ...["'%20or%201=1", '%25ff', 'constructor', 'create'],
  ])('When %j is requested, which is no product, then 404', async (path, { service }) => {
    await service.api.get(`/api/product/${path}`).expect(404, { message: 'Cannot find product' });
  });

  test('When a path is no valid UTF-8, then 400', async ({ service }) => {
    await service.api.get('/api/product/%ff').expect(400);
    await service.api.get('/api/product/%').expect(400);
  });
});

describe('changing', () => {
  test('When an administrator adds a product, then it can be read back', async ({ service }) => {
    const input = aProduct();
    const reply = await service.admin.post('/api/product/create').send(input);
    const product = { id: productOf(reply).id, ...input };
    expect(reply).toMatchObject({ status: 201, body: { message: 'Product added', product } });
    await service.api.get(`/api/product/${input.slug}`).expect(200, { result: product });
  });

  test('When a product comes as a form, then it is read like JSON', async ({ service }) => {
    const input = aProduct();
    const form = { ...input, price: String(input.price) };
    const reply = await service.admin.post('/api/product/create').type('form').send(form);
    expect(reply).toMatchObject({ status: 201, body: { product: input } });
  });

  test('When a form holds a % that escapes nothing, then it is read as a %', async ({ service }) => {
    const { name, slug } = aProduct();
    const type = 'application/x-www-form-urlencoded; charset=UTF-8';
    const body = `name=50%+caf%C3%A9+${name}&slug=${slug}&image=lamp.svg&price=3`;
    const reply = await service.admin.post('/api/product/create').type(type).send(body);
    expect(reply).toMatchObject({ status: 201, body: { product: { name: `50% café ${name}`, price: 3 } } });
  });

  test('When a name has spaces around and decomposed accents, then it is stored trimmed and composed', async ({
    service,
  }) => {
    const input = aProduct();
    const json = { ...input, name: `  E\u0301cran ${input.name}\u00a0`, is_admin: 1, id: 7, unknown: {} };
    const reply = await service.admin.post('/api/product/create').send(json);
    expect(reply).toMatchObject({ status: 201, body: { product: { name: `\u00c9cran ${input.name}` } } });
    expect(productOf(reply)).not.toHaveProperty('unknown');
    expect(productOf(reply).id).not.toBe(7);
  });

  test.for<[what: string, fields: Record<string, unknown>]>([
    ['the lowest price', { price: 0 }],
    ['the highest price', { price: 10_000_000 }],
    ['a price in digits', { price: '0042' }],
    ['the longest name', { name: '💡'.repeat(120) }],
    ['the longest slug', { slug: 'x'.repeat(120) }],
    ['a slug that begins with a digit', { slug: '8-track' }],
    ['an image in a folder', { image: 'lamps/desk.svg' }],
    ['a name in other letters', { name: 'مصباح' }],
    ['a family in one picture', { name: 'Jeu 👨‍👩‍👧' }],
  ])('When a product has %s, then it is added', async ([, fields], { service }) => {
    const reply = await service.admin.post('/api/product/create').send(aProduct(fields));
    expect(reply.body).toMatchObject({ message: 'Product added' });
    expect(reply.status).toBe(201);
  });

  test('When an administrator changes a product, then the change can be read back and the id stays', async ({
    service,
  }) => {
    const { id } = productOf(await service.admin.post('/api/product/create').send(aProduct()));
    const json = aProduct({ price: 31 });
    await service.admin
      .put(`/api/product/${id}`)
      .send(json)
      .expect(200, { message: 'Product updated', product: { id, ...json } });
    await service.api.get(`/api/product/${id}`).expect(200, { result: { id, ...json } });
    await service.admin
      .put(`/api/product/${id}`)
      .send(json)
      .expect(200, { message: 'Product updated', product: { id, ...json } });
  });

  test('When an administrator deletes a product, then it is gone and cannot be deleted again', async ({
    service,
  }) => {
    const { id, slug } = productOf(await service.admin.post('/api/product/create').send(aProduct()));
    await service.admin.delete(`/api/product/${id}`).expect(200, { message: 'Product deleted' });
    for (const idOrSlug of [id, slug]) await service.api.get(`/api/product/${idOrSlug}`).expect(404);
    await service.admin.delete(`/api/product/${id}`).expect(404, { message: 'Cannot find product' });
  });

  test.for(['4294967295', '4294967296', '99999999999999999999', '0', '01', '-1', '1.5', 'laptop-pro', '%00'])(
    'When the product to change or delete is %s, then 404',
    async (id, { service }) => {
      const unknown = { message: 'Cannot find product' };
      await service.admin.put(`/api/product/${id}`).send(aProduct()).expect(404, unknown);
      await service.admin.delete(`/api/product/${id}`).expect(404, unknown);
    },
  );

  test.for<['name' | 'slug', (taken: string) => string]>([
    ['name', (taken) => taken],
    ['name', (taken) => taken.toUpperCase()],
    ['slug', (taken) => taken],
  ])('When the %s is taken, then 409 names it and nothing changes', async ([field, variant], { service }) => {
    const first = aProduct();
    await service.admin.post('/api/product/create').send(first);
    const second = productOf(await service.admin.post('/api/product/create').send(aProduct()));
    const json = aProduct({ [field]: variant(first[field]) });
    const taken = {
      message: `${field} is already taken`,
      errors: [{ field, message: 'is already taken' }],
    };
    await service.admin.post('/api/product/create').send(json).expect(409, taken);
    await service.admin.put(`/api/product/${second.id}`).send(json).expect(409, taken);
    const read = await service.api.get(`/api/product/${second.id}`);
    expect(read).toMatchObject({ body: { result: second } });
  });

  test('When ten administrators add the same product at once, then one succeeds', async ({ service }) => {
    const json = aProduct();
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => service.admin.post('/api/product/create').send(json)),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)]);
  });
});

describe('permission to change', () => {
  test.for(changes)(
    'When a stranger tries %s %s, then 401 without asking user-service',
    async ([method, path], { service }) => {
      for (const authorization of ['', 'Bearer a b', 'Bearer é', 'Digest a=b', 'x'.repeat(129)]) {
        await service.api[method](path)
          .set('Authorization', Buffer.from(authorization).toString('latin1'))
          .send({})
          .expect(401, { message: 'Not logged in' })
          .expect('WWW-Authenticate', 'Bearer');
      }
      expect(service.userService.requests).toEqual([]);
    },
  );

  test.for(changes)('When %s %s comes with an unknown key, then 401', async ([method, path], { service }) => {
    for (const authorization of ['Bearer unknown', 'Bearer', 'Basic ', ADMIN_KEY.toUpperCase()]) {
      await service.api[method](path)
        .set('Authorization', authorization)
        .send({})
        .expect(401, { message: 'Not logged in' });
    }
  });

  test.for(changes)(
    'When a customer tries %s %s, then 403 and nothing changes',
    async ([method, path], { service }) => {
      await service.api[method](path)
        .auth(CUSTOMER_KEY, { type: 'bearer' })
        .send(aProduct())
        .expect(403, { message: 'Only administrators may do this' });
      expect(await service.api.get('/api/product/1')).toMatchObject({ body: { result: { price: 1200 } } });
    },
  );

  test.for(['Basic ', 'Bearer ', 'bearer  ', ''])(
    'When the header is "%s<key>", then the key is accepted and user-service is asked once',
    async (prefix, { service }) => {
      await service.api
        .post('/api/product/create')
        .set('Authorization', prefix + ADMIN_KEY)
        .send(aProduct())
        .expect(201);
      expect(service.userService.requests).toMatchObject([{ method: 'GET', path: '/api/user' }]);
    },
  );
});
