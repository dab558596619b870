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

test('When the document describes the list of products, then with all that chooses among them', async ({
  service,
}) => {
  const { body } = await service.api.get('/openapi.json');
  const { parameters } = body.paths['/api/products'].get;
  const schemas = parameters.map(({ name, required, schema }: Record<string, unknown>) => [
    name,
    { required: required ?? false, schema },
  ]);
  expect(Object.fromEntries(schemas)).toMatchObject({
    ids: { required: false, schema: { type: 'string' } },
    after: { required: false, schema: { type: 'integer', minimum: 1, maximum: 4_294_967_295 } },
    before: { required: false, schema: { type: 'integer', minimum: 1, maximum: 4_294_967_295 } },
    limit: { required: false },
  });
  const ids = new RegExp(Object.fromEntries(schemas).ids.schema.pattern, 'u');
  for (const good of ['1', '4294967295,1,20']) expect(good).toMatch(ids);
  for (const bad of ['', '0', '1,', '4294967296', '1, 2', `1${',1'.repeat(100)}`])
    expect(bad).not.toMatch(ids);
});

test('When a path is declared beside one with a parameter, then its 405 lists its own methods', async ({
  service,
}) => {
  for (const method of ['put', 'delete', 'patch', 'options'] as const)
    await service.admin[method]('/api/product/create').expect(405).expect('Allow', 'POST');
});
