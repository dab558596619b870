import type { Test } from 'supertest';
import { describe, expect } from 'vitest';
import { type Customer, orderOf, test } from './order-service';

const noOrder = { message: 'No order found' };
const noItem = { message: 'Item not found' };

describe('adding', () => {
  test('When the first product is added, then an order opens with one line, its name and its total', async ({
    service,
  }) => {
    const customer = service.aCustomer();
    const lamp = service.aProduct({ price: 30 });
    const before = Date.now();
    const reply = await customer.add(lamp.id, 2);
    expect(reply).toMatchObject({
      status: 200,
      body: {
        result: {
          user_id: customer.id,
          is_open: true,
          total: 60,
          date_checked_out: null,
          items: [{ product_id: lamp.id, product_name: lamp.name, price: 30, quantity: 2, available: true }],
        },
      },
    });
    const { date_added } = orderOf(reply);
    expect(Date.parse(date_added)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(date_added)).toBeLessThanOrEqual(Date.now());
    await customer.cart().expect(200, reply.body);
  });

  test('When more is added, then the quantity of a line grows and another product gets its own line', async ({
    service,
  }) => {
    const customer = service.aCustomer();
    const [lamp, chair] = [service.aProduct({ price: 30 }), service.aProduct({ price: 45 })];
    const { id } = orderOf(await customer.add(lamp.id, 2));
    await customer.add(chair.id, 1);
    const order = orderOf(await customer.add(lamp.id, 99));
    expect(order).toMatchObject({
      id,
      total: 101 * 30 + 45,
      items: [
        { product_id: lamp.id, quantity: 101 },
        { product_id: chair.id, quantity: 1 },
      ],
    });
  });

  test('When product and quantity come as a form, then they are read like JSON', async ({ service }) => {
    const customer = service.aCustomer();
    const form = { product_id: String(service.aProduct().id), qty: '3' };
    const order = orderOf(await customer.api.post('/api/order/add-item').type('form').send(form));
    expect(order.items).toMatchObject([{ quantity: 3 }]);
  });

  test('When a line would exceed 999, then 400 names qty and nothing changes', async ({ service }) => {
    const customer = service.aCustomer();
    const { id } = service.aProduct();
    for (let added = 0; added < 990; added += 99) await customer.add(id, 99);
    const refused = await customer.add(id, 10);
    expect(refused).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'qty', message: 'must not bring a line above 999' }] },
    });
    expect(orderOf(await customer.cart()).items).toMatchObject([{ quantity: 990 }]);
    expect(orderOf(await customer.add(id, 9)).items).toMatchObject([{ quantity: 999 }]);
    await customer.add(id, 1).expect(400);
  });

  test('When the product is unknown, then 404 and no order is opened', async ({ service }) => {
    const customer = service.aCustomer();
    for (const id of [4294967295, 4294967296, '4294967296', Number.MAX_SAFE_INTEGER, '9007199254740991']) {
      await customer.add(id).expect(404, { message: 'Cannot find product' });
    }
    await customer.cart().expect(200, noOrder);
  });
});

describe('changing', () => {
  test('When a quantity is set, then the line has it', async ({ service }) => {
    const customer = service.aCustomer();
    const [lamp, chair] = [service.aProduct({ price: 30 }), service.aProduct({ price: 45 })];
    await customer.add(lamp.id, 2);
    await customer.add(chair.id, 1);
    const order = orderOf(await customer.setQuantity(lamp.id, 5));
    expect(order).toMatchObject({ total: 195, items: [{ quantity: 5 }, { quantity: 1 }] });
    expect(orderOf(await customer.setQuantity(lamp.id, 5))).toEqual(order);
    expect(orderOf(await customer.cart())).toEqual(order);
  });

  test('When lines are removed, then the others stay, and removing the last leaves an empty order', async ({
    service,
  }) => {
    const customer = service.aCustomer();
    const [lamp, chair] = [service.aProduct(), service.aProduct()];
    await customer.add(lamp.id);
    await customer.add(chair.id);
    expect(orderOf(await customer.remove(lamp.id)).items).toMatchObject([{ product_id: chair.id }]);
    expect(orderOf(await customer.remove(chair.id))).toMatchObject({ items: [], total: 0, is_open: true });
    expect(orderOf(await customer.cart())).toMatchObject({ items: [], total: 0 });
    await customer.remove(chair.id).expect(404, noItem);
  });

  test('When there is no order, then the cart says so, and changing, removing and buying get 404', async ({
    service,
  }) => {
    const customer = service.aCustomer();
    const { id } = service.aProduct();
    await customer.cart().expect(200, noOrder);
    await customer.setQuantity(id, 1).expect(404, noOrder);
    await customer.remove(id).expect(404, noOrder);
    await customer.checkOut().expect(404, noOrder);
  });

  test.for(['0', '01', '-1', '1.5', '1_0', '%D9%A3', '4294967296', '99999999999999999999', 'lamp', '%00'])(
    'When a line is addressed by product %s, then 404 and nothing changes',
    async (id, { service }) => {
      const customer = service.aCustomer();
      const before = orderOf(await customer.add(service.aProduct().id));
      await customer.setQuantity(id, 2).expect(404, noItem);
      await customer.remove(id).expect(404, noItem);
      expect(orderOf(await customer.cart())).toEqual(before);
    },
  );
});

describe('a catalogue that changes', () => {
  test('When a name or a price changes, then the cart shows the new one', async ({ service }) => {
    const customer = service.aCustomer();
    const lamp = service.aProduct({ price: 30 });
    await customer.add(lamp.id, 2);
    service.catalogue.set(lamp.id, { ...lamp, name: 'Lantern', price: 40 });
    expect(orderOf(await customer.cart())).toMatchObject({
      total: 80,
      items: [{ product_name: 'Lantern', price: 40, quantity: 2, available: true }],
    });
  });

  test('When a product is deleted, then its line keeps the last name and price, costs nothing, and can be removed', async ({
    service,
  }) => {
    const customer = service.aCustomer();
    const [lamp, chair] = [service.aProduct({ price: 30 }), service.aProduct({ price: 45 })];
    await customer.add(lamp.id, 2);
    await customer.add(chair.id, 1);
    service.catalogue.delete(lamp.id);
    const order = orderOf(await customer.cart());
    expect(order).toMatchObject({
      total: 45,
      items: [
        { product_name: lamp.name, price: 30, quantity: 2, available: false },
        { product_name: chair.name, price: 45, quantity: 1, available: true },
      ],
    });
    await customer.add(lamp.id).expect(404);
    expect(orderOf(await customer.setQuantity(lamp.id, 1)).items[0]).toMatchObject({ available: false });
    expect(orderOf(await customer.remove(lamp.id)).items).toMatchObject([{ product_id: chair.id }]);
  });
});

describe('the neighbours', () => {
  test.for<[what: string, ask: (customer: Customer, productId: number) => Test]>([
    ['read', ({ cart }) => cart()],
    ['added to', ({ add }, productId) => add(productId)],
    ['changed', ({ setQuantity }, productId) => setQuantity(productId, 2)],
    ['reduced', ({ remove }, productId) => remove(productId)],
    ['bought', ({ checkOut }) => checkOut()],
  ])(
    'When a cart is %s, then both neighbours are asked once, at the same time',
    async ([, ask], { service }) => {
      const { userService, productService } = service;
      const customer = service.aCustomer();
      const products = [service.aProduct(), service.aProduct(), service.aProduct()] as const;
      for (const { id } of products) await customer.add(id);

      // Either neighbour answers only when both have been asked.
      const whenBothAreAsked = Promise.withResolvers<void>();
      const waiting = (body: unknown) => async () => {
        if (userService.requests.length + productService.requests.length === 2) whenBothAreAsked.resolve();
        await whenBothAreAsked.promise;
        return { body };
      };
      userService.requests.length = productService.requests.length = 0;
      userService.routes = { 'GET /api/user': waiting({ result: { id: customer.id, is_admin: false } }) };
      productService.routes = { 'GET /api/products': waiting({ results: products }) };
      const reply = await ask(customer, products[0].id);
      expect(reply.status).not.toBe(503);
      expect(userService.requests).toHaveLength(1);
      expect(productService.requests).toHaveLength(1);
      expect(userService.requests[0]?.headers.authorization).toBe(`Bearer ${customer.apiKey}`);
    },
  );
});
