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

test('When the document describes a slug, then by a pattern that refuses all digits and takes spaces around', async ({
  service,
}) => {
  const { body } = await service.api.get('/openapi.json');
  const { schema } = body.paths['/api/product/create'].post.requestBody.content['application/json'];
  const slug = new RegExp(schema.properties.slug.pattern, 'u');
  for (const good of ['lamp', '4k', '4-', ' lamp\n', 'x'.repeat(120)]) expect(good).toMatch(slug);
  for (const bad of ['', '12', 'Lamp', 'a b', 'x'.repeat(121), ' 12 ']) expect(bad).not.toMatch(slug);
});

test('When a path is declared beside one with a parameter, then its 405 lists its own methods', async ({
  service,
}) => {
  for (const method of ['put', 'delete', 'patch', 'options'] as const)
    await service.admin[method]('/api/product/create').expect(405).expect('Allow', 'POST');
});
