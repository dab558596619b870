import { createConnection } from 'mysql2/promise';
import { expect } from 'vitest';
import { seedProducts } from '../../lab/src/bench/seed';
import { describedRoutes } from '../../test/openapi';
import { costsOf } from '../../test/statements';
import { aProduct, test } from './product-service';

test('When the catalogue is large, then every statement but that for all products finds its rows by an index', async ({
  service,
}) => {
  const connection = await createConnection(service.settings);
  await seedProducts(connection, 3000);
  await connection.end();

  const { api, admin } = service;
  const requests = {
    'GET /api/products': [
      ...['limit=25', 'limit=100&after=1500', 'limit=25&before=1500', 'after=2990', 'before=10'],
      `ids=${Array.from({ length: 100 }, (_, index) => 17 * index + 1)}`,
      'ids=1,1000,2000&after=500&before=1500&limit=10',
    ].map((query) => api.get(`/api/products?${query}`)),
    'GET /api/product/{id}': [api.get('/api/product/1500'), api.get('/api/product/article-1500')],
    'POST /api/product/create': [admin.post('/api/product/create').send(aProduct())],
    'PUT /api/product/{id}': [admin.put('/api/product/1500').send(aProduct())],
    'DELETE /api/product/{id}': [admin.delete('/api/product/1501')],
  };
  const { body } = await api.get('/openapi.json');
  expect(Object.keys(requests).sort()).toEqual(await describedRoutes(body));
  for (const request of Object.values(requests).flat())
    expect((await request).status, request.url).toBeLessThan(300);

  const costs = await costsOf(service.settings, service.statements);
  expect(costs.filter(({ fullScans, rowsRead }) => fullScans.length > 0 || rowsRead > 300)).toEqual([]);
});
