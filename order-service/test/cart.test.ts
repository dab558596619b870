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
    expect(orderOf(await customer.cart())).toEqual(orderOf(reply));
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
    'When a cart is %s, then each neighbour is asked once, for the caller and for the products of that cart',
    async ([, ask], { service }) => {
      const { userService, productService } = service;
      const customer = service.aCustomer();
      const products = [service.aProduct(), service.aProduct(), service.aProduct()] as const;
      service.aProduct();
      for (const { id } of products) await customer.add(id);
      userService.requests.length = productService.requests.length = 0;
      orderOf(await ask(customer, products[0].id));
      expect(userService.requests.map(({ path }) => path)).toEqual(['/api/user']);
      expect(userService.requests[0]?.headers.authorization).toBe(`Bearer ${customer.apiKey}`);
      const ids = products.map(({ id }) => id).join(',');
      expect(productService.requests.map(({ path }) => path)).toEqual([`/api/products?ids=${ids}`]);
    },
  );

  test('When a product is the first in a cart, then product-service is asked for that one only', async ({
    service,
  }) => {
    const [lamp] = [service.aProduct(), service.aProduct()];
    orderOf(await service.aCustomer().add(lamp.id));
    expect(service.productService.requests.map(({ path }) => path)).toEqual([`/api/products?ids=${lamp.id}`]);
  });

  test('When there is no cart, or no product can have the id, then product-service is not asked', async ({
    service,
  }) => {
    const customer = service.aCustomer();
    await customer.cart().expect(200, noOrder);
    await customer.checkOut().expect(404, noOrder);
    await customer.add('4294967296').expect(404, { message: 'Cannot find product' });
    expect(service.productService.requests).toEqual([]);
  });

  test('When a cart holds more than a hundred products, then they are asked for by the hundred, and all are there', async ({
    service,
  }) => {
    const customer = service.aCustomer();
    const ids = Array.from({ length: 205 }, () => service.aProduct({ price: 2 }).id);
    for (const id of ids) await customer.add(id);
    service.productService.requests.length = 0;
    expect(orderOf(await customer.cart())).toMatchObject({ total: 410 });
    const asked = service.productService.requests.map(({ path }) => path.split(',').length);
    expect(asked.sort((a, b) => a - b)).toEqual([5, 100, 100]);
    expect(orderOf(await customer.checkOut())).toMatchObject({ total: 410, items: { length: 205 } });
  });

  test('When a product comes into the cart while its prices are asked for, then it is asked for before all are bought', async ({
    service,
  }) => {
    const { productService } = service;
    const customer = service.aCustomer();
    const [lamp, chair] = [service.aProduct({ price: 30 }), service.aProduct({ price: 45 })];
    await customer.add(lamp.id);
    productService.requests.length = 0;
    const { 'GET /api/products': answer } = productService.routes;
    productService.routes = {
      'GET /api/products': async (request) => {
        productService.routes = { 'GET /api/products': answer ?? {} };
        orderOf(await customer.add(chair.id));
        return typeof answer === 'function' ? answer(request) : {};
      },
    };
    expect(orderOf(await customer.checkOut())).toMatchObject({
      total: 75,
      items: [
        { product_id: lamp.id, available: true },
        { product_id: chair.id, available: true },
      ],
    });
    const [first, , again] = productService.requests.map(({ path }) => path);
    expect([first, again]).toEqual([`/api/products?ids=${lamp.id}`, `/api/products?ids=${chair.id}`]);
  });
});
