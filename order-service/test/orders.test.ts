import { describe, expect } from 'vitest';
import { orderOf, test } from './order-service';

test('When nothing has been ordered, then the list is empty', async ({ service }) => {
  await service.aCustomer().api.get('/api/orders').expect(200, []);
});

test('When orders are listed, then the newest comes first and the open one is marked', async ({
  service,
}) => {
  const customer = service.aCustomer();
  const { id } = service.aProduct();
  for (let bought = 0; bought < 2; bought += 1) {
    await customer.add(id);
    await customer.checkOut();
  }
  const open = orderOf(await customer.add(id));
  const orders = await customer.orders();
  expect(orders.map(({ is_open }) => is_open)).toEqual([true, false, false]);
  expect(orders[0]).toEqual(open);
  expect(orders.map((order) => order.id)).toEqual(orders.map((order) => order.id).sort((a, b) => b - a));
});

test('When orders are listed page by page with limit and before, then each comes once', async ({
  service,
}) => {
  const customer = service.aCustomer();
  const stranger = service.aCustomer();
  const { id } = service.aProduct();
  for (let bought = 0; bought < 23; bought += 1) {
    for (const someone of [customer, stranger]) {
      await someone.add(id);
      await someone.checkOut();
    }
  }
  const all = await customer.orders('?limit=100');
  expect(all).toHaveLength(23);
  expect(await customer.orders()).toEqual(all.slice(0, 20));

  const paged = [];
  for (let before = ''; ; ) {
    const page = await customer.orders(`?limit=5${before}`);
    paged.push(...page);
    if (page.length < 5) break;
    before = `&before=${page.at(-1)?.id}`;
  }
  expect(paged).toEqual(all);
  expect(await customer.orders('?before=1')).toEqual([]);
  expect(await customer.orders('?before=4294967296')).toHaveLength(20);
});

describe('orders of other customers', () => {
  test('When others have carts and orders, then a customer cannot see, change or buy them', async ({
    service,
  }) => {
    const [mine, theirs] = [service.aCustomer(), service.aCustomer()];
    const { id } = service.aProduct();
    await theirs.add(id);
    await theirs.checkOut();
    const cart = orderOf(await theirs.add(id, 5));
    expect(await mine.orders()).toEqual([]);
    await mine.cart().expect(200, { message: 'No order found' });
    for (const ask of [mine.setQuantity(id, 1), mine.remove(id), mine.checkOut()]) await ask.expect(404);
    expect(orderOf(await theirs.cart())).toEqual(cart);
    expect(orderOf(await mine.add(id)).id).not.toBe(cart.id);
  });

  test('When an administrator asks with all=true, then everyone’s orders come, otherwise only their own', async ({
    service,
  }) => {
    const [customer, admin] = [service.aCustomer(), service.aCustomer(true)];
    const { id } = service.aProduct();
    await customer.add(id);
    const theirs = orderOf(await customer.checkOut());
    await admin.add(id);
    const own = orderOf(await admin.checkOut());
    expect(await admin.orders('?all=true&limit=2')).toEqual([own, theirs]);
    expect(await admin.orders(`?all=true&limit=1&before=${own.id}`)).toEqual([theirs]);
    for (const query of ['', '?all=false']) expect(await admin.orders(query)).toEqual([own]);
  });

  test('When a customer asks with all=true, then 403', async ({ service }) => {
    await service
      .aCustomer()
      .api.get('/api/orders?all=true')
      .expect(403, { message: 'Only administrators may see everyone’s orders' });
  });
});

test('When orders are listed, then product-service is not needed', async ({ service }) => {
  const customer = service.aCustomer();
  await customer.add(service.aProduct().id);
  await customer.checkOut();
  service.productService.mode = 'hang';
  service.userService.requests.length = service.productService.requests.length = 0;
  expect(await customer.orders()).toHaveLength(1);
  expect(service.userService.requests).toHaveLength(1);
  expect(service.productService.requests).toHaveLength(0);
});
