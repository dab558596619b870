import { createConnection } from 'mysql2/promise';
import { expect } from 'vitest';
import { seedOrders } from '../../lab/src/bench/seed';
import { describedRoutes } from '../../test/openapi';
import { costsOf } from '../../test/statements';
import { orderOf, test } from './order-service';

test('When seeding fails in the middle, then no order is left without items, and seeding again fills the shop', async ({
  service,
}) => {
  const size = { orders: 20, users: 5, products: 10 };
  const connection = await createConnection(service.settings);
  // The orders can be added then, and their items cannot.
  await expect(seedOrders(connection, { ...size, products: 0 })).rejects.toThrow();
  await connection.end();

  const again = await createConnection(service.settings);
  expect(await seedOrders(again, size)).toBe(20);
  const [rows] = await again.query(
    'SELECT COUNT(*) AS items FROM orders LEFT JOIN order_items ON order_id = orders.id GROUP BY orders.id',
  );
  await again.end();
  expect(rows).toEqual(Array.from({ length: 20 }, () => ({ items: 2 })));
});

test('When there are many orders, then every statement finds its rows by an index', async ({ service }) => {
  const connection = await createConnection(service.settings);
  await seedOrders(connection, { orders: 5000, users: 50, products: 1000 });
  await connection.end();

  const [customer, admin] = [service.aCustomer(), service.aCustomer(true)];
  const [lamp, chair] = [service.aProduct(), service.aProduct()];
  const ofAll = (query: string) => admin.api.get(`/api/orders?all=true&${query}`).expect(200);
  const requests: Record<string, () => Promise<unknown>> = {
    'POST /api/order/add-item': async () => {
      orderOf(await customer.add(lamp.id));
      orderOf(await customer.add(chair.id));
    },
    'GET /api/order': async () => orderOf(await customer.cart()),
    'PUT /api/order/item/{product_id}': async () => orderOf(await customer.setQuantity(lamp.id, 3)),
    'DELETE /api/order/remove-item/{product_id}': async () => orderOf(await customer.remove(chair.id)),
    'POST /api/order/checkout': async () => {
      service.catalogue.set(lamp.id, { ...lamp, price: 31 });
      orderOf(await customer.checkOut());
    },
    'GET /api/orders': async () => {
      expect(customer.id, 'one of those with a hundred orders').toBeLessThan(50);
      expect(await customer.orders()).toHaveLength(20);
      expect(await customer.orders('?before=2500')).toHaveLength(20);
      await ofAll('limit=100');
      await ofAll('before=2500');
    },
  };
  const { body } = await service.api.get('/openapi.json');
  expect(Object.keys(requests).sort()).toEqual(await describedRoutes(body));
  for (const request of Object.values(requests)) await request();

  const costs = await costsOf(service.settings, service.statements);
  expect(costs.filter(({ fullScans, rowsRead }) => fullScans.length > 0 || rowsRead > 1000)).toEqual([]);
});
