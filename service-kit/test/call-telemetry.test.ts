import { propagation, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../test/listen';
import { createServiceClient } from '../src/service-client';

const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(
  new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
);
propagation.setGlobalPropagator(new W3CTraceContextPropagator());

/** The span of a call to a service that answers so, and the `traceparent` that it got. */
async function callOf(status: number, body: string) {
  exporter.reset();
  let traceparent: unknown;
  const { url, close } = await listen((request, response) => {
    traceparent = request.headers.traceparent;
    response.writeHead(status).end(body);
  });
  onTestFinished(close);
  const client = createServiceClient({ name: 'stock', baseUrl: `${url}/inside`, timeoutMs: 1000 });
  await client.call({ path: '/thing?a=1' }).catch(() => undefined);
  const [span] = exporter.getFinishedSpans();
  return { span, traceparent, url };
}

test('When a service is called, then the span says whom and what, and leads the trace on', async () => {
  const { span, traceparent, url } = await callOf(200, '{}');
  expect(span).toMatchObject({ name: 'GET', kind: 2, status: { code: 0 } });
  expect(span?.attributes).toEqual({
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'peer.service': 'stock',
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(url).port),
    'url.full': `${url}/inside/thing?a=1`,
  });
  const { traceId = '', spanId = '' } = span?.spanContext() ?? {};
  expect(traceparent).toBe(`00-${traceId}-${spanId}-01`);
});

test.for([
  ['refuses', 404, '{}', '404'],
  ['fails', 500, '{}', '500'],
  ['fails with a page', 502, '<h1>Bad gateway</h1>', '502'],
  ['answers with what is no JSON', 200, '<h1>Welcome</h1>', 'SyntaxError'],
] as const)('When it %s, then the span has failed, and tells the status', async ([, status, body, type]) => {
  const { span } = await callOf(status, body);
  expect(span?.status.code).toBe(2);
  expect(span?.attributes).toMatchObject({ 'http.response.status_code': status, 'error.type': type });
});
