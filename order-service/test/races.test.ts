import { describe, expect } from 'vitest';
import { orderOf, test } from './order-service';

const rounds = [1, 2, 3, 4, 5];

const times = <Value>(count: number, act: (index: number) => Promise<Value>): Promise<Value[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => act(index)));

describe.for(rounds)('round %i', () => {
  test('When twenty additions open a cart at once, then there is one order with a quantity of twenty', async ({
    service,
  }) => {
    const customer = service.aCustomer();
    const { id } = service.aProduct();
    const replies = await times(20, () => customer.add(id));
    expect(replies.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(new Set(replies.map((reply) => orderOf(reply).id)).size).toBe(1);
    const seen = replies.map((reply) => orderOf(reply).items[0]?.quantity ?? 0);
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(await customer.orders()).toMatchObject([{ is_open: true, items: [{ quantity: 20 }] }]);
  });

  test('When twenty additions of a product not yet in the cart come at once, then it gets one line of twenty', async ({
    service,
  }) => {
    const customer = service.aCustomer();
    const [lamp, chair] = [service.aProduct(), service.aProduct()];
    await customer.add(lamp.id);
    await times(20, () => customer.add(chair.id));
    expect(await customer.orders()).toMatchObject([{ items: [{ quantity: 1 }, { quantity: 20 }] }]);
  });

  test('When twenty additions to a line of one come at once, then it has 21', async ({ service }) => {
    const customer = service.aCustomer();
    const { id } = service.aProduct();
    await customer.add(id);
    await times(20, () => customer.add(id));
    expect(await customer.orders()).toMatchObject([{ items: [{ quantity: 21 }] }]);
  });

  test('When twenty products are added at once, then there are twenty lines', async ({ service }) => {
    const customer = service.aCustomer();
    const products = Array.from({ length: 20 }, () => service.aProduct());
    await Promise.all(products.map(({ id }) => customer.add(id)));
    const orders = await customer.orders();
    expect(orders).toHaveLength(1);
    expect(orders[0]?.items.map(({ product_id }) => product_id)).toEqual(products.map(({ id }) => id));
  });

  test('When twenty checkouts come at once, then one buys and nineteen find no order', async ({
    service,
  }) => {
    const customer = service.aCustomer();
    await customer.add(service.aProduct().id);
    const replies = await times(20, () => customer.checkOut());
    expect(replies.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(404)]);
    expect(await customer.orders()).toMatchObject([{ is_open: false }]);
  });

  test('When additions race checkouts, then every addition counts once, bought or not', async ({
    service,
  }) => {
    const customer = service.aCustomer();
    const { id } = service.aProduct();
    await customer.add(id);
    const [added, bought] = await Promise.all([
      times(10, () => customer.add(id)),
      times(10, () => customer.checkOut()),
    ]);
    expect(added.map(({ status }) => status)).toEqual(Array(10).fill(200));
    for (const { status } of bought) expect([200, 404]).toContain(status);
    const orders = await customer.orders();
    const quantities = orders.flatMap(({ items }) => items.map(({ quantity }) => quantity));
    expect(quantities.reduce((sum, quantity) => sum + quantity, 0)).toBe(11);
    expect(orders.filter(({ is_open }) => is_open).length).toBeLessThanOrEqual(1);
    const answered = bought.filter(({ status }) => status === 200).map(orderOf);
    const listed = orders.filter(({ is_open }) => !is_open);
    expect(answered.sort((a, b) => b.id - a.id)).toEqual(listed);
  });

  test('When additions race checkouts that expect a total, then no order has another', async ({
    service,
  }) => {
    const customer = service.aCustomer();
    const { id, price } = service.aProduct();
    await customer.add(id);
    const [, bought] = await Promise.all([
      times(10, () => customer.add(id)),
      times(10, () => customer.checkOut({ expected_total: price })),
    ]);
    for (const { status } of bought) expect([200, 404, 409]).toContain(status);
    const placed = (await customer.orders()).filter(({ is_open }) => !is_open);
    for (const { total } of placed) expect(total).toBe(price);
  });

  test('When additions race towards 999, then the line stays below and the rest get 400', async ({
    service,
  }) => {
    const customer = service.aCustomer();
    const { id } = service.aProduct();
    const replies = await times(20, () => customer.add(id, 99));
    expect(replies.map(({ status }) => status).sort()).toEqual([
      ...Array(10).fill(200),
      ...Array(10).fill(400),
    ]);
    expect(orderOf(await customer.cart()).items).toMatchObject([{ quantity: 990 }]);
  });

  test('When many customers shop at once, then all get what they ordered and nothing of others', async ({
    service,
  }) => {
    const { id } = service.aProduct();
    await times(20, async (index) => {
      const customer = service.aCustomer();
      await times(3, () => customer.add(id, index + 1));
      const bought = orderOf(await customer.checkOut());
      expect(bought.items).toMatchObject([{ quantity: 3 * (index + 1) }]);
      expect(await customer.orders()).toEqual([bought]);
    });
  });
});
