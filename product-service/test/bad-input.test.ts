import { describe, expect } from 'vitest';
import { hostileBodies, notIntegers, notText } from '../../test/hostile-requests';
import { ADMIN_KEY, aProduct, test } from './product-service';

const asAdmin = { apiKey: ADMIN_KEY };

/** Values that only a refusal fits, by field; `undefined` leaves the field out. */
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

describe('a bad product', () => {
  test('When a field is bad, then 400 names that field and nothing is added or changed', async ({
    service,
  }) => {
    const before = await service.request('GET /api/products');
    for (const [field, value] of badFields) {
      const json = { ...aProduct(), [field]: value };
      for (const route of ['POST /api/product/create', 'PUT /api/product/1']) {
        const reply = await service.request(route, { ...asAdmin, json });
        expect(reply, `${route} with ${field} ${JSON.stringify(value)}`).toMatchObject({
          status: 400,
          body: { message: 'Invalid input', errors: [{ field }] },
        });
      }
    }
    expect((await service.request('GET /api/products')).body).toEqual(before.body);
  });

  test('When a price is no decimal whole number in JSON, then 400', async ({ service }) => {
    const { price: _, ...product } = aProduct();
    for (const price of ['1e3', '1.0', '12.0', '1E0', '-0', '0.1e1', '1e-0', '10000000000000000000000']) {
      const body = `${JSON.stringify(product).slice(0, -1)},"price":${price}}`;
      const headers = { 'content-type': 'application/json' };
      const reply = await service.request('POST /api/product/create', { ...asAdmin, headers, body });
      expect(reply, `price ${price}`).toMatchObject({ status: 400, body: { errors: [{ field: 'price' }] } });
    }
  });

  test('When everything is bad, then 400 names each field once', async ({ service }) => {
    const reply = await service.request('POST /api/product/create', { ...asAdmin, json: {} });
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
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const reply = await service.request('POST /api/product/create', {
      ...asAdmin,
      headers,
      body: `${body}&slug=lamp-x&image=lamp.svg&price=1`,
    });
    expect(reply).toMatchObject({ status: 400, body: { errors: [{ field: 'name' }] } });
  });
});

describe('a bad request', () => {
  const routes = ['POST /api/product/create', 'PUT /api/product/1'];

  test.for(hostileBodies)(
    'When the body is %s, then it is refused',
    async ([, parts, status], { service }) => {
      for (const route of routes) {
        const reply = await service.request(route, { ...parts, ...asAdmin });
        expect(reply, route).toMatchObject({ status, body: { message: expect.any(String) } });
      }
      expect(await service.request('GET /api/product/1')).toMatchObject({
        body: { result: { price: 1200 } },
      });
    },
  );

  test.for<[route: string, allowed: string]>([
    ['POST /api/products', 'GET, HEAD'],
    ['DELETE /api/products', 'GET, HEAD'],
    ['POST /api/product/1', 'GET, HEAD, PUT, DELETE'],
    ['PATCH /api/product/1', 'GET, HEAD, PUT, DELETE'],
    ['PROPFIND /api/products', 'GET, HEAD'],
  ])('When %s is asked, then 405 says what is allowed', async ([route, allowed], { service }) => {
    const reply = await service.request(route, asAdmin);
    expect(reply).toMatchObject({ status: 405, body: { message: `Method not allowed; use ${allowed}` } });
    expect(reply.headers.get('allow')).toBe(allowed);
  });

  test.for([
    'GET /',
    'GET /api',
    'GET /api/product/',
    'GET /api/product/1/x',
    'POST /nothing',
    'GET //',
    'GET /%00',
  ])('When %s is asked, then 404', async (route, { service }) => {
    expect(await service.request(route)).toMatchObject({ status: 404, body: { message: 'Not found' } });
  });

  test('When only the head is asked for, then the answer has no body', async ({ service }) => {
    for (const [path, status] of [
      ['/api/products', 200],
      ['/api/product/1', 200],
      ['/api/product/unknown', 404],
      ['/healthz', 200],
      ['/nothing', 404],
    ]) {
      expect(await service.request(`HEAD ${path}`)).toMatchObject({ status, body: undefined });
    }
  });
});
