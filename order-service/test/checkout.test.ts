import { describe, expect } from 'vitest';
import { orderOf, type Service, test } from './order-service';

test('When a cart is bought, then the answer is the closed order and the next cart is a new one', async ({
  service,
}) => {
  const customer = service.aCustomer();
  const [lamp, chair] = [service.aProduct({ price: 30 }), service.aProduct({ price: 45 })];
  await customer.add(lamp.id, 2);
  const cart = orderOf(await customer.add(chair.id, 1));
  const before = Date.now();
  const bought = orderOf(await customer.checkOut());
  const { date_checked_out } = bought;
  expect(bought).toEqual({ ...cart, is_open: false, date_checked_out, total: 105 });
  expect(Date.parse(date_checked_out ?? '')).toBeGreaterThanOrEqual(before);
  expect(Date.parse(date_checked_out ?? '')).toBeLessThanOrEqual(Date.now());
  expect(await customer.orders()).toEqual([bought]);
  await customer.cart().expect(200, { message: 'No order found' });

  expect(orderOf(await customer.add(lamp.id)).id).toBeGreaterThan(bought.id);
});

test('When an order has been bought, then it cannot be bought or changed again', async ({ service }) => {
  const customer = service.aCustomer();
  const { id } = service.aProduct();
  await customer.add(id);
  const bought = orderOf(await customer.checkOut());
  const noOrder = { message: 'No order found' };
  await customer.checkOut().expect(404, noOrder);
  await customer.setQuantity(id, 2).expect(404, noOrder);
  await customer.remove(id).expect(404, noOrder);
  expect(await customer.orders()).toEqual([bought]);
});

test('When a price has changed since the product was added, then the new one is paid and recorded', async ({
  service,
}) => {
  const customer = service.aCustomer();
  const lamp = service.aProduct({ price: 30 });
  const chair = service.aProduct({ price: 45 });
  await customer.add(lamp.id, 2);
  await customer.add(chair.id);
  service.catalogue.set(lamp.id, { ...lamp, name: 'Lantern', price: 40 });
  const bought = orderOf(await customer.checkOut());
  expect(bought).toMatchObject({
    total: 125,
    items: [
      { product_name: 'Lantern', price: 40, quantity: 2 },
      { product_name: chair.name, price: 45 },
    ],
  });
  expect(await customer.orders()).toEqual([bought]);
});

test('When two, four or nine prices have changed, then the database prepares one statement to record them', async ({
  service,
}) => {
  for (const count of [2, 4, 9]) {
    const customer = service.aCustomer();
    const products = Array.from({ length: count }, () => service.aProduct({ price: 30 }));
    for (const { id } of products) await customer.add(id);
    for (const product of products) service.catalogue.set(product.id, { ...product, price: 40 });
    const bought = orderOf(await customer.checkOut());
    expect(bought).toMatchObject({ total: 40 * count, items: Array(count).fill({ price: 40, quantity: 1 }) });
    expect(await customer.orders()).toEqual([bought]);
  }
  const recorded = service.statements.filter(({ sql }) => sql.includes('KEY UPDATE product_name'));
  expect(new Set(recorded.map(({ sql }) => sql)).size).toBe(1);
});

describe('When a buyer expects a total', () => {
  test.for([60, '60'])('then %j is bought if it is the total', async (expected_total, { service }) => {
    const customer = service.aCustomer();
    await customer.add(service.aProduct({ price: 30 }).id, 2);
    expect(orderOf(await customer.checkOut({ expected_total })).total).toBe(60);
  });

  test('then 409 tells the total at a new price, and nothing is bought until the buyer agrees', async ({
    service,
  }) => {
    const customer = service.aCustomer();
    const lamp = service.aProduct({ price: 30 });
    const { id } = orderOf(await customer.add(lamp.id, 2));
    service.catalogue.set(lamp.id, { ...lamp, price: 3000 });
    await customer.checkOut({ expected_total: 60 }).expect(409, {
      message: 'The total has changed to 6000; nothing was bought',
      errors: [{ field: 'expected_total', message: 'must be 6000, which is the total now' }],
    });
    expect(await customer.orders()).toMatchObject([{ id, is_open: true, items: [{ price: 30 }] }]);
    expect(orderOf(await customer.checkOut({ expected_total: 6000 })).id).toBe(id);
  });

  test.for([-1, 1.5, '1e1', 'x', '', null, [60]])(
    'then %j is refused as no total',
    async (expected_total, { service }) => {
      const customer = service.aCustomer();
      await customer.add(service.aProduct({ price: 30 }).id, 2);
      const { body } = await customer.checkOut({ expected_total }).expect(400);
      expect(body).toMatchObject({ errors: [{ field: 'expected_total' }] });
      expect(orderOf(await customer.cart())).toMatchObject({ is_open: true });
    },
  );
});

describe('When a buyer expects the version that came with the cart', () => {
  async function aShownCart(service: Service) {
    const customer = service.aCustomer();
    const products = [service.aProduct({ price: 30 }), service.aProduct({ price: 30 })] as const;
    for (const { id } of products) await customer.add(id);
    const { version: expected_version } = (await customer.cart()).body;
    return { customer, products, expected_version };
  }
  type ShownCart = Awaited<ReturnType<typeof aShownCart>>;

  test('then it is bought as long as nothing has changed', async ({ service }) => {
    const { customer, expected_version } = await aShownCart(service);
    expect(orderOf(await customer.checkOut({ expected_version })).total).toBe(60);
  });

  test.for<[what: string, change: (service: Service, cart: ShownCart) => unknown]>([
    ['a price', ({ catalogue }, { products: [lamp] }) => catalogue.set(lamp.id, { ...lamp, price: 31 })],
    ['a name', ({ catalogue }, { products: [lamp] }) => catalogue.set(lamp.id, { ...lamp, name: 'Lantern' })],
    [
      'a quantity, at the same total',
      async (_, { customer, products: [lamp, chair] }) => {
        await customer.add(lamp.id);
        await customer.remove(chair.id);
      },
    ],
    ['all of it', (_, { customer, products }) => Promise.all(products.map(({ id }) => customer.remove(id)))],
    [
      'the order',
      async (_, { customer, products }) => {
        await customer.checkOut();
        for (const { id } of products) await customer.add(id);
      },
    ],
  ])('then 409, and nothing is bought, when %s has changed', async ([, change], { service }) => {
    const cart = await aShownCart(service);
    await change(service, cart);
    const { customer, expected_version } = cart;
    await customer.checkOut({ expected_version }).expect(409, {
      message: 'The order has changed; nothing was bought',
      errors: [{ field: 'expected_version', message: 'must be the version of the order now' }],
    });
    expect(orderOf(await customer.cart())).toMatchObject({ is_open: true });
  });

  test('then 409 when a product was not sold then, and is now', async ({
    service: { aCustomer, aProduct, catalogue },
  }) => {
    const customer = aCustomer();
    const lamp = aProduct({ price: 30 });
    await customer.add(lamp.id);
    catalogue.delete(lamp.id);
    const { version: expected_version } = (await customer.cart()).body;
    catalogue.set(lamp.id, lamp);
    await customer.checkOut({ expected_version }).expect(409);
  });
});

test('When the catalogue changes after an order, then the order stays as it was', async ({ service }) => {
  const customer = service.aCustomer();
  const [lamp, chair] = [service.aProduct({ price: 30 }), service.aProduct({ price: 45 })];
  await customer.add(lamp.id, 2);
  await customer.add(chair.id);
  const bought = orderOf(await customer.checkOut());
  service.catalogue.set(lamp.id, { ...lamp, name: 'Lantern', price: 1 });
  service.catalogue.delete(chair.id);
  expect(await customer.orders()).toEqual([bought]);
});

test('When the cart holds a deleted product, then 409 names it and nothing is bought', async ({
  service,
}) => {
  const customer = service.aCustomer();
  const [lamp, chair] = [service.aProduct(), service.aProduct()];
  await customer.add(lamp.id);
  await customer.add(chair.id);
  service.catalogue.delete(lamp.id);
  await customer.checkOut().expect(409, { message: `No longer available: ${lamp.name}` });
  expect(orderOf(await customer.cart())).toMatchObject({ is_open: true, items: [{}, {}] });

  await customer.remove(lamp.id);
  expect(orderOf(await customer.checkOut()).items).toMatchObject([{ product_id: chair.id }]);
});

test('When the cart is empty, then 409 and it stays open', async ({ service }) => {
  const customer = service.aCustomer();
  const { id } = service.aProduct();
  await customer.add(id);
  const { id: orderId } = orderOf(await customer.remove(id));
  await customer.checkOut().expect(409, { message: 'The order is empty' });
  expect(orderOf(await customer.cart())).toMatchObject({ id: orderId, is_open: true });
});

test('When the most that a cart can hold is bought, then its total is exact', async ({ service }) => {
  const customer = service.aCustomer();
  const products = Array.from({ length: 3 }, () => service.aProduct({ price: 10_000_000 }));
  for (const { id } of products) for (let added = 0; added < 999; added += 37) await customer.add(id, 37);
  expect(orderOf(await customer.checkOut()).total).toBe(3 * 999 * 10_000_000);
});
