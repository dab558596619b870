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

test('When the document describes the checkout, then its body and the expected total in it are optional', async ({
  service,
}) => {
  const { body } = await service.api.get('/openapi.json');
  const { requestBody, responses } = body.paths['/api/order/checkout'].post;
  const { properties, required } = requestBody.content['application/json'].schema;
  expect([requestBody.required, properties.expected_total.type, required]).toEqual([
    false,
    'integer',
    undefined,
  ]);
  expect(responses['409'].description).toContain('another total than expected');
});
