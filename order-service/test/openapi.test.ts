import { expect } from 'vitest';
import { describedRoutes } from '../../test/openapi';
import { test } from './order-service';

test('When the OpenAPI document is requested, then it is valid and describes every route', async ({
  service,
}) => {
  const { body } = await service.api.get('/openapi.json');
  expect(await describedRoutes(body)).toEqual([
    'DELETE /api/order/remove-item/{product_id}',
    'GET /api/order',
    'GET /api/orders',
    'POST /api/order/add-item',
    'POST /api/order/checkout',
    'PUT /api/order/item/{product_id}',
  ]);
});

test('When the document describes what is text in a form or query, then it says which texts are taken', async ({
  service,
}) => {
  const { body } = await service.api.get('/openapi.json');
  const { properties } =
    body.paths['/api/order/add-item'].post.requestBody.content['application/json'].schema;
  expect(properties.qty.anyOf).toEqual([
    { type: 'integer', minimum: 1, maximum: 99 },
    { type: 'string', pattern: '^0*(?:[1-9][0-9]{0,1})$' },
  ]);
  expect(properties.product_id.anyOf).toMatchObject([{ type: 'integer' }, { type: 'string' }]);
  const { parameters } = body.paths['/api/orders'].get;
  const all = parameters.find(({ name }: { name: string }) => name === 'all');
  expect(all.schema).toMatchObject({ type: 'string', enum: ['true', 'false'], default: 'false' });
});

test('When the document describes failures, then with the headers that they carry', async ({ service }) => {
  const { body } = await service.api.get('/openapi.json');
  const { responses } = body.paths['/api/order'].get;
  const headersOf = (status: string) => Object.keys(responses[status].headers);
  expect(headersOf('200')).toEqual(['X-Trace-Id', 'Server-Timing']);
  expect(headersOf('401')).toContain('WWW-Authenticate');
  expect(headersOf('503')).toContain('Retry-After');
});

test('When the document describes the checkout, then its body and the expected total in it are optional', async ({
  service,
}) => {
  const { body } = await service.api.get('/openapi.json');
  const { requestBody, responses } = body.paths['/api/order/checkout'].post;
  const { properties, required } = requestBody.content['application/json'].schema;
  expect([requestBody.required, required]).toEqual([false, undefined]);
  expect(properties.expected_total.anyOf).toMatchObject([
    { type: 'integer', minimum: 0 },
    { type: 'string' },
  ]);
  expect(responses['409'].description).toContain('another version or another total than expected');
});
