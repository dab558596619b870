import { test as base, describe, expect, onTestFinished, vi } from 'vitest';
import type { SunkSpan } from '../../test/otlp-sink';
import { requestsTo } from '../../test/request';
import { startTracedShop } from '../../test/traced-shop';
import { undeclaredIn } from '../src/registry/contract';

vi.setConfig({ testTimeout: 120_000 });

const LATE = { timeout: 60_000, interval: 100 };
const TOKEN = 'token-of-the-operator-4711';
const KINDS = ['latency', 'error', 'db_latency'];

const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
  .extend('shop', { scope: 'file' }, async ({}, { onCleanup }) => {
    const shop = await startTracedShop(['product-service'], {
      ...{ FAULT_TOKEN: TOKEN, OTEL_METRIC_EXPORT_INTERVAL: '1000' },
    });
    onCleanup(shop.close);
    return shop;
  })
  .extend('service', async ({ shop: { sink, url } }) => {
    const ask = requestsTo(url('product-service'));
    const end = () => ask('DELETE /internal/faults', { apiKey: TOKEN });
    onTestFinished(async () => void (await end()));
    return {
      sink,
      end,
      /** Sets a fault for the time of the test. */
      async set(fault: object) {
        const json = { duration_s: 900, ...fault };
        expect(await ask('PUT /internal/faults', { apiKey: TOKEN, json })).toMatchObject({ status: 200 });
      },
      /** Returns the status of `GET path`, and the spans of its trace once there are so many. */
      async visit(path: string, spanCount: number) {
        const { status, headers } = await ask(`GET ${path}`);
        const traceId = headers.get('x-trace-id');
        const spans = () => sink.spans.filter((span) => span.traceId === traceId);
        await expect.poll(() => spans().length, LATE).toBeGreaterThanOrEqual(spanCount);
        return { status, spans: spans(), server: spans().find(({ kind }) => kind === 'SERVER') };
      },
      active: () => KINDS.map((kind) => sink.total('vitrine.fault.active', { 'vitrine.fault.kind': kind })),
      bodies: () => sink.logs.map(({ body }) => body),
    };
  });

const kindOf = (span: SunkSpan | undefined) => span?.attributes['vitrine.fault.kind'];

describe('When a fault is shown', () => {
  test('then gauge, spans and log lines tell of it, and nothing tells of the request that set it', async ({
    service,
  }) => {
    await expect
      .poll(() => service.sink.points().map(({ metric }) => metric), LATE)
      .toContain('vitrine.fault.active');
    expect(service.active()).toEqual([0, 0, 0]);
    await service.set({ latency_ms: 1, error_rate: 1, db_latency_ms: 1, routes: ['/api/product/:id'] });
    const failed = await service.visit('/api/product/laptop-pro', 1);
    expect(failed).toMatchObject({
      status: 503,
      server: {
        name: 'GET /api/product/:id',
        status: { isError: true, message: 'product-service is not available' },
      },
    });
    expect(kindOf(failed.server)).toBe('latency,error');
    expect(failed.server?.attributes).toMatchObject({ 'http.route': '/api/product/:id' });
    const spared = await service.visit('/api/products', 2);
    expect(spared).toMatchObject({ status: 200 });
    expect(kindOf(spared.server)).toBeUndefined();
    await expect.poll(service.active, LATE).toEqual([1, 1, 1]);
    await service.end();
    await expect.poll(service.active, LATE).toEqual([0, 0, 0]);
    await expect.poll(service.bodies, LATE).toEqual(expect.arrayContaining(['fault started', 'fault ended']));
    await expect
      .poll(() => service.sink.total('http.server.request.duration', { 'http.route': '/api/products' }), LATE)
      .toBeGreaterThan(0);
    expect(undeclaredIn({ ...service.sink, points: service.sink.points() })).toEqual([]);
    const received = service.sink.text();
    expect(received).not.toContain('/internal/');
    expect(received).not.toContain(TOKEN);
  });

  test('that slows statements down, then their spans and metrics are longer, and no other statement is seen', async ({
    service,
  }) => {
    await service.set({ db_latency_ms: 300 });
    const { spans, server } = await service.visit('/api/products', 2);
    expect(kindOf(server)).toBe('db_latency');
    const statements = spans.filter(({ name }) => name !== 'pool wait' && name !== server?.name);
    expect(statements).toMatchObject([
      { name: 'SELECT', parentSpanId: server?.spanId, attributes: { 'vitrine.db.slow': true } },
    ]);
    expect(statements[0]?.durationMs).toBeGreaterThanOrEqual(300);
    await expect.poll(service.bodies, LATE).toContain('slow statement');
    await expect
      .poll(() => service.sink.total('db.client.operation.duration', { 'db.operation.name': 'SELECT' }), LATE)
      .toBeGreaterThan(0);
    expect(service.sink.total('db.client.operation.duration', { 'db.operation.name': 'DO' })).toBe(0);
    expect(service.sink.text()).not.toContain('SLEEP');
  });

  test('that slows statements down too much, then they fail, and others wait for a connection', async ({
    service,
  }) => {
    await service.set({ db_latency_ms: 60_000 });
    // Ten of them have a connection for the whole second that they are given.
    const visits = await Promise.all(Array.from({ length: 40 }, () => service.visit('/api/products', 2)));
    for (const { status } of visits) expect(status).toBe(503);
    const types = visits.flatMap(({ spans }) =>
      spans.map(({ name, attributes }) => `${name} ${attributes['error.type']}`),
    );
    expect(types).toEqual(expect.arrayContaining(['SELECT DeadlinePassed', 'pool wait timeout']));
    await expect.poll(() => service.sink.total('db.client.connection.timeouts'), LATE).toBeGreaterThan(0);
  });
});

test('When a fault is hidden, then no telemetry tells of it, and one log line does so when it ends', async ({
  service,
}) => {
  const { sink } = service;
  await expect.poll(service.active, LATE).toEqual([0, 0, 0]);
  const about = () => sink.logs.filter(({ attributes }) => attributes['vitrine.fault.hidden'] === true);
  const counted = () => sink.total('http.server.request.duration', { 'http.response.status_code': 503 });
  const countedBefore = counted();
  await service.set({ latency_ms: 1, error_rate: 1, db_latency_ms: 1, hidden: true });
  const { status, spans, server } = await service.visit('/api/products', 1);
  expect(status).toBe(503);
  expect(server).toMatchObject({ name: 'GET /api/products', status: { isError: true } });
  expect(server?.events).toMatchObject([
    { attributes: { 'exception.message': 'product-service is not available' } },
  ]);
  expect(JSON.stringify(spans)).not.toMatch(/fault|stacktrace/i);
  // The metrics of that moment have come.
  await expect.poll(counted, LATE).toBeGreaterThan(countedBefore);
  const lines = () => sink.logs.filter(({ traceId }) => traceId === server?.traceId);
  await expect
    .poll(() => lines().map(({ body }) => body), LATE)
    .toEqual(['product-service is not available', 'request']);
  expect(JSON.stringify(lines())).not.toMatch(/fault|stacktrace/i);
  expect(service.active()).toEqual([0, 0, 0]);
  expect(about()).toEqual([]);
  await service.end();
  await expect.poll(about, LATE).toMatchObject([
    {
      body: 'fault ended',
      attributes: { 'vitrine.fault.end_reason': 'deleted', 'vitrine.fault.error_rate': 1 },
    },
  ]);
  expect(undeclaredIn({ ...sink, points: sink.points() })).toEqual([]);
});
