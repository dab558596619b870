import { expect } from 'vitest';
import { test } from './stack-test.ts';

const pages = [
  ['frontend', '/'],
  ['user-service', '/openapi.json'],
  ['product-service', '/api/products'],
  ['order-service', '/openapi.json'],
  ['console', '/'],
  ['prometheus', '/api/v1/query?query=up'],
  ['jaeger', '/api/services'],
  ['loki', '/loki/api/v1/labels'],
  ['otel-collector-metrics', '/metrics'],
  ['otel-collector-http', '/v1/traces'],
] as const;

// A sandboxed frame and a file on the disk have the origin "null".
const origins = ['https://elsewhere.example', 'http://localhost:8000', 'null'];

test.for(pages)(
  'When another web site asks %s, then the browser may not show it the answer',
  async ([part, path], { stack }) => {
    for (const origin of origins) {
      const asked = { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } };
      for (const request of [{ headers: { origin } }, asked]) {
        const { headers } = await fetch(`http://127.0.0.1:${stack.ports[part]}${path}`, request);
        expect(headers.get('access-control-allow-origin'), origin).toBeNull();
      }
    }
  },
);
