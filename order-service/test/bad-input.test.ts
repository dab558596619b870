import { describe, expect } from 'vitest';
import { hostileBodies, notIntegers } from '../../test/hostile-requests';
import { orderOf, test } from './order-service';

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
  test('When an addition or change has one, then 400 names it and nothing changes', async ({ service }) => {
    const customer = service.aCustomer();
    const { id } = service.aProduct();
    const before = orderOf(await customer.add(id));
    for (const [field, value] of badFields) {
      const json = { product_id: id, qty: 1, [field]: value };
      const refused = { status: 400, body: { message: 'Invalid input', errors: [{ field }] } };
      const what = `${field} ${JSON.stringify(value)}`;
      expect(await customer.ask('POST /api/order/add-item', { json }), what).toMatchObject(refused);
      if (field === 'qty') expect(await customer.setQuantity(id, value), what).toMatchObject(refused);
    }
    expect(orderOf(await customer.cart())).toEqual(before);
  });

  test.for(['1e0', '1.0', '2e0', '-0', '0.1e1', '1E+0'])(
    'When qty is %s in JSON, which is no decimal whole number, then 400',
    async (qty, { service }) => {
      const customer = service.aCustomer();
      const { id } = service.aProduct();
      await customer.add(id);
      const headers = { 'content-type': 'application/json' };
      const body = `{"product_id":${id},"qty":${qty}}`;
      for (const route of ['POST /api/order/add-item', `PUT /api/order/item/${id}`])
        expect(await customer.ask(route, { headers, body })).toMatchObject({
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
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = `product_id=${service.aProduct().id}&${form}`;
    const reply = await service.aCustomer().ask('POST /api/order/add-item', { headers, body });
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
  ])('When orders are asked for with ?%s, then 400 names it', async ([query, field], { service }) => {
    const reply = await service.aCustomer(true).ask(`GET /api/orders?${query}`);
    expect(reply).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });

  test('When a query holds what nobody asked for, then it is ignored', async ({ service }) => {
    const reply = await service.aCustomer().ask('GET /api/orders?__proto__=1&a[b]=1&%ff=%ff&&&=');
    expect(reply).toMatchObject({ status: 200, body: [] });
  });
});

describe('a bad request', () => {
  test.for(hostileBodies)(
    'When the body is %s, then it is refused',
    async ([, parts, status], { service }) => {
      const customer = service.aCustomer();
      const { id } = service.aProduct();
      const before = orderOf(await customer.add(id));
      for (const route of ['POST /api/order/add-item', `PUT /api/order/item/${id}`]) {
        const reply = await customer.ask(route, parts);
        expect(reply, route).toMatchObject({ status, body: { message: expect.any(String) } });
      }
      expect(orderOf(await customer.cart())).toEqual(before);
    },
  );

  const routes = [
    'GET /api/order',
    'POST /api/order/add-item',
    'PUT /api/order/item/1',
    'DELETE /api/order/remove-item/1',
    'POST /api/order/checkout',
    'GET /api/orders',
    'GET /api/orders?all=true',
  ];

  test.for(routes)('When a stranger asks %s, then 401 before anything else', async (route, { service }) => {
    for (const authorization of [
      '',
      'Bearer',
      'Bearer a b',
      'Bearer customer-x',
      'Basic customer-x',
      'x'.repeat(999),
    ]) {
      const reply = await service.aCustomer().ask(route, { headers: { authorization } });
      expect(reply).toMatchObject({ status: 401, body: { message: 'Not logged in' } });
      expect(reply.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test.for(['Basic ', 'Bearer ', 'BEARER   ', ''])(
    'When the key comes as "%s<key>", then it counts',
    async (prefix, { service }) => {
      const customer = service.aCustomer();
      const headers = { authorization: prefix + customer.apiKey };
      expect(await customer.ask('GET /api/order', { headers })).toMatchObject({ status: 200 });
    },
  );

  test.for<[route: string, allowed: string]>([
    ['POST /api/order', 'GET, HEAD'],
    ['GET /api/order/add-item', 'POST'],
    ['GET /api/order/checkout', 'POST'],
    ['POST /api/order/item/1', 'PUT'],
    ['GET /api/order/remove-item/1', 'DELETE'],
    ['DELETE /api/orders', 'GET, HEAD'],
  ])('When %s is asked, then 405 says what is allowed', async ([route, allowed], { service }) => {
    const reply = await service.aCustomer().ask(route);
    expect(reply).toMatchObject({ status: 405, body: { message: `Method not allowed; use ${allowed}` } });
    expect(reply.headers.get('allow')).toBe(allowed);
  });

  test.for([
    'GET /',
    'GET /api/order/1',
    'PUT /api/order/item/',
    'DELETE /api/order/remove-item',
    'GET /%00',
  ])('When %s is asked, then 404', async (route, { service }) => {
    expect(await service.aCustomer().ask(route)).toMatchObject({
      status: 404,
      body: { message: 'Not found' },
    });
  });

  test('When a path holds no UTF-8, then 400', async ({ service }) => {
    expect(await service.aCustomer().remove('%ff')).toMatchObject({ status: 400 });
  });
});
