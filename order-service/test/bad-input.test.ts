import { describe, expect } from 'vitest';
import { hostileBodies, notIntegers } from '../../test/hostile-requests';
import { type Customer, orderOf, test } from './order-service';

/** Builds the two requests that take a body. */
const writes = ({ api }: Customer, productId: number) => [
  api.post('/api/order/add-item'),
  api.put(`/api/order/item/${productId}`),
];

const badFields: [field: string, value: unknown][] = [
  ...[...notIntegers, 0, '0', '000', undefined].flatMap((value): [string, unknown][] => [
    ['qty', value],
    ['product_id', value],
  ]),
  ['qty', 100],
  ['qty', '100'],
  ['qty', 2 ** 31],
  ['product_id', '9'.repeat(16)],
];

describe('a bad field', () => {
  test('When an addition or a change has a bad field, then 400 names it and nothing changes', async ({
    service,
  }) => {
    const customer = service.aCustomer();
    const { id } = service.aProduct();
    const before = orderOf(await customer.add(id));
    for (const [field, value] of badFields) {
      const json = { product_id: id, qty: 1, [field]: value };
      const refused = { status: 400, body: { message: 'Invalid input', errors: [{ field }] } };
      const what = `${field} ${JSON.stringify(value)}`;
      expect(await customer.api.post('/api/order/add-item').send(json), what).toMatchObject(refused);
      if (field === 'qty') expect(await customer.setQuantity(id, value), what).toMatchObject(refused);
    }
    expect(orderOf(await customer.cart())).toEqual(before);
  });

  test.for(['1e0', '1.0', '2e0', '-0', '0.1e1', '1E+0'])(
    'When qty in JSON is %s, not plain decimal digits, then 400',
    async (qty, { service }) => {
      const customer = service.aCustomer();
      const { id } = service.aProduct();
      await customer.add(id);
      const body = `{"product_id":${id},"qty":${qty}}`;
      for (const ask of writes(customer, id))
        expect(await ask.type('json').send(body)).toMatchObject({
          status: 400,
          body: { errors: [{ field: 'qty' }] },
        });
    },
  );

  test.for([
    'qty=%ff',
    'qty=1&qty=2',
    'qty[]=1',
    'qty[x]=1',
    'qty=+1',
    'qty=%D9%A3',
    'qty=1%00',
    'qty',
    '%',
    'QTY=1',
  ])('When the form is %s, then 400 names qty', async (form, { service }) => {
    const body = `product_id=${service.aProduct().id}&${form}`;
    const reply = await service.aCustomer().api.post('/api/order/add-item').type('form').send(body);
    expect(reply).toMatchObject({ status: 400, body: { errors: [{ field: 'qty' }] } });
  });

  test.for<[query: string, field: string]>([
    ...['0', '-1', '101', '1.5', '1e1', '٣', '', 'x', '%00', '%ff', '1&limit=2', '9'.repeat(30)].map(
      (value): [string, string] => [`limit=${value}`, 'limit'],
    ),
    ...['0', '-1', '4294967297', '1.5', '', 'x', '%00', '1&before=2', '9'.repeat(30)].map(
      (value): [string, string] => [`before=${value}`, 'before'],
    ),
    ...['1', 'yes', '', 'x', '%00', 'true&all=true'].map((value): [string, string] => [
      `all=${value}`,
      'all',
    ]),
  ])(
    'When orders are requested with ?%s, then 400 names the parameter',
    async ([query, field], { service }) => {
      const reply = await service.aCustomer(true).api.get(`/api/orders?${query}`);
      expect(reply).toMatchObject({ status: 400, body: { errors: [{ field }] } });
    },
  );

  test('When a query holds unknown parameters, then they are ignored', async ({ service }) => {
    await service.aCustomer().api.get('/api/orders?__proto__=1&a[b]=1&%ff=%ff&&&=').expect(200, []);
  });
});

describe('a bad request', () => {
  test.for(hostileBodies)(
    'When the body is %s, then it is refused and nothing changes',
    async ([, hostile, status], { service }) => {
      const customer = service.aCustomer();
      const { id } = service.aProduct();
      const before = orderOf(await customer.add(id));
      for (const ask of writes(customer, id)) {
        const reply = await ask.use(hostile);
        expect(reply, ask.method).toMatchObject({ status, body: { message: expect.any(String) } });
      }
      expect(orderOf(await customer.cart())).toEqual(before);
    },
  );

  test.for([
    ['get', '/api/order'],
    ['post', '/api/order/add-item'],
    ['put', '/api/order/item/1'],
    ['delete', '/api/order/remove-item/1'],
    ['post', '/api/order/checkout'],
    ['get', '/api/orders'],
    ['get', '/api/orders?all=true'],
  ] as const)(
    'When a stranger requests %s %s, then 401 before any other check',
    async ([method, path], { service }) => {
      for (const authorization of [
        '',
        'Bearer',
        'Bearer a b',
        'Bearer customer-x',
        'Basic customer-x',
        'x'.repeat(999),
      ]) {
        await service.api[method](path)
          .set('Authorization', authorization)
          .expect(401, { message: 'Not logged in' })
          .expect('WWW-Authenticate', 'Bearer');
      }
    },
  );

  test.for(['Basic ', 'Bearer ', 'BEARER   ', ''])(
    'When the header is "%s<key>", then the key is accepted',
    async (prefix, { service }) => {
      const customer = service.aCustomer();
      await service.api
        .get('/api/order')
        .set('Authorization', prefix + customer.apiKey)
        .expect(200);
    },
  );

  test.for([
    ['post', '/api/order', 'GET, HEAD'],
    ['get', '/api/order/add-item', 'POST'],
    ['get', '/api/order/checkout', 'POST'],
    ['post', '/api/order/item/1', 'PUT'],
    ['get', '/api/order/remove-item/1', 'DELETE'],
    ['delete', '/api/orders', 'GET, HEAD'],
  ] as const)(
    'When %s %s is requested, then 405 lists the allowed methods',
    async ([method, path, allowed], { service }) => {
      const { api } = service.aCustomer();
      await api[method](path)
        .expect(405, { message: `Method not allowed; use ${allowed}` })
        .expect('Allow', allowed);
    },
  );

  test.for([
    ['get', '/'],
    ['get', '/api/order/1'],
    ['put', '/api/order/item/'],
    ['delete', '/api/order/remove-item'],
    ['get', '/%00'],
  ] as const)('When %s %s is requested, then 404', async ([method, path], { service }) => {
    await service.aCustomer().api[method](path).expect(404, { message: 'Not found' });
  });

  test('When a path is no valid UTF-8, then 400', async ({ service }) => {
    await service.aCustomer().remove('%ff').expect(400);
  });
});
