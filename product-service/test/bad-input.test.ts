import { describe, expect } from 'vitest';
import { hostileBodies, notIntegers, notText } from '../../test/hostile-requests';
import { aProduct, changes, test } from './product-service';

/** Values that must be refused, by field; `undefined` leaves the field out. */
const badFields: [field: string, value: unknown][] = [
  ...notText.map((value): [string, unknown] => ['name', value]),
  ...notText.map((value): [string, unknown] => ['slug', value]),
  ...notText.map((value): [string, unknown] => ['image', value]),
  ...notIntegers.map((value): [string, unknown] => ['price', value]),
  ...['name', 'slug', 'image', 'price'].map((field): [string, unknown] => [field, undefined]),
  ...['x'.repeat(121), '💡'.repeat(121)].map((value): [string, unknown] => ['name', value]),
  ...['12', '0', 'Lamp', 'a_b', 'a/b', 'a b', 'lampe-à-pied', 'x'.repeat(121), '../etc'].map(
    (value): [string, unknown] => ['slug', value],
  ),
  ...[
    '../x.svg',
    'a/../b.svg',
    '..',
    '/etc/passwd',
    'http://x/y.svg',
    '//x/y.svg',
    'a\\b.svg',
    'a%2e.svg',
  ].map((value): [string, unknown] => ['image', value]),
  ...['<script>', 'a//b', '.hidden', 'a..b', 'x'.repeat(256)].map((value): [string, unknown] => [
    'image',
    value,
  ]),
  ...[10_000_001, '10000001', 2 ** 32, 4e9, '99999999999'].map((value): [string, unknown] => [
    'price',
    value,
  ]),
];

const writes = changes.slice(0, 2);

describe('a bad product', () => {
  test('When a field is bad, then 400 names that field and nothing is added or changed', async ({
    service,
  }) => {
    const before = await service.api.get('/api/products');
    for (const [field, value] of badFields) {
      const json = { ...aProduct(), [field]: value };
      for (const [method, path] of writes) {
        const reply = await service.admin[method](path).send(json);
        expect(reply, `${method} with ${field} ${JSON.stringify(value)}`).toMatchObject({
          status: 400,
          body: { message: 'Invalid input', errors: [{ field }] },
        });
      }
    }
    expect((await service.api.get('/api/products')).body).toEqual(before.body);
  });

  test('When a price in JSON is not written in plain decimal digits, then 400', async ({ service }) => {
    const { price: _, ...product } = aProduct();
    for (const price of ['1e3', '1.0', '12.0', '1E0', '-0', '0.1e1', '1e-0', '10000000000000000000000']) {
      const body = `${JSON.stringify(product).slice(0, -1)},"price":${price}}`;
      const reply = await service.admin.post('/api/product/create').type('json').send(body);
      expect(reply, `price ${price}`).toMatchObject({ status: 400, body: { errors: [{ field: 'price' }] } });
    }
  });

  test('When every field is missing, then 400 names each of them once', async ({ service }) => {
    const reply = await service.admin.post('/api/product/create').send({});
    expect(reply).toMatchObject({
      status: 400,
      body: {
        message: 'Invalid input',
        errors: ['name', 'slug', 'image', 'price'].map((field) => ({ field, message: 'is required' })),
      },
    });
  });

  test.for([
    ...[
      'name=%ff',
      'name=%00',
      'name=caf%C3%A9+%ff',
      'name=%ED%A0%80',
      'name=a&name=b',
      'name[]=a',
      'name[x]=a',
      '%ff=%ff',
      'name=%E2%80%8B',
    ],
    ...['&&&&', '====', 'name', '__proto__=1&name=', 'name.toString=1', `${'[a]'.repeat(2000)}=1`],
  ])('When the form is %.40s, then 400 names the field name', async (body, { service }) => {
    const reply = await service.admin
      .post('/api/product/create')
      .type('form')
      .send(`${body}&slug=lamp-x&image=lamp.svg&price=1`);
    expect(reply).toMatchObject({ status: 400, body: { errors: [{ field: 'name' }] } });
  });
});

describe('a bad request', () => {
  test.for(hostileBodies)(
    'When the body is %s, then it is refused and nothing changes',
    async ([, hostile, status], { service }) => {
      for (const [method, path] of writes) {
        const reply = await service.admin[method](path).use(hostile);
        expect(reply, method).toMatchObject({ status, body: { message: expect.any(String) } });
      }
      expect(await service.api.get('/api/product/1')).toMatchObject({
        body: { result: { price: 1200 } },
      });
    },
  );

  test.for([
    ['post', '/api/products', 'GET, HEAD'],
    ['delete', '/api/products', 'GET, HEAD'],
    ['post', '/api/product/1', 'GET, HEAD, PUT, DELETE'],
    ['patch', '/api/product/1', 'GET, HEAD, PUT, DELETE'],
    ['propfind', '/api/products', 'GET, HEAD'],
  ] as const)(
    'When %s %s is requested, then 405 lists the allowed methods',
    async ([method, path, allowed], { service }) => {
      await service.admin[method](path)
        .expect(405, { message: `Method not allowed; use ${allowed}` })
        .expect('Allow', allowed);
    },
  );

  test.for([
    ['get', '/'],
    ['get', '/api'],
    ['get', '/api/product/'],
    ['get', '/api/product/1/x'],
    ['post', '/nothing'],
    ['get', '//'],
    ['get', '/%00'],
  ] as const)('When %s %s is requested, then 404', async ([method, path], { service }) => {
    await service.api[method](path).expect(404, { message: 'Not found' });
  });

  test('When HEAD is requested, then the answer has the status of GET and no body', async ({ service }) => {
    for (const [path, status] of [
      ['/api/products', 200],
      ['/api/product/1', 200],
      ['/api/product/unknown', 404],
      ['/healthz', 200],
      ['/nothing', 404],
    ] as const) {
      expect(await service.api.head(path)).toMatchObject({ status, text: undefined });
    }
  });
});
