import { expect } from 'vitest';
import { describedRoutes } from '../../test/openapi';
import { test } from './product-service';

test('When the OpenAPI document is requested, then it is valid and describes every route', async ({
  service,
}) => {
  const { body } = await service.api.get('/openapi.json');
  expect(await describedRoutes(body)).toEqual([
    'DELETE /api/product/{id}',
    'GET /api/product/{id}',
    'GET /api/products',
    'POST /api/product/create',
    'PUT /api/product/{id}',
  ]);
});
