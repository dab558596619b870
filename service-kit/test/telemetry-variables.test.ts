import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import {
  createSecureServer,
  createServer,
  type IncomingHttpHeaders,
  type SecureServerOptions,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startOtlpSink } from '../../test/otlp-sink';
import { launchTraced, runTraced } from '../../test/traced-program';

const WORK = `
  const { context, propagation, trace } = require('@opentelemetry/api');
  const caller = { traceparent: '00-${'a'.repeat(32)}-${'b'.repeat(16)}-01', b3: '${'c'.repeat(32)}-${'d'.repeat(16)}-1', baggage: 'k=v' };
  const before = propagation.extract(context.active(), caller);
  const span = trace.getTracer('test').startSpan('work', { attributes: { a: 1, b: 2, c: 3 } }, before);
  span.addEvent('first', {}).addEvent('second', { a: 1, b: 2 });
  const carrier = {};
  propagation.inject(trace.setSpan(before, span), carrier);
  span.setAttribute('a', Object.keys(carrier).join());
  span.end();
  require('pino')().info({ a: 1, b: 2, c: 3 }, 'line');`;
const END = `
  await require('@vitrine/service-kit/telemetry/start').stopTelemetry();
  process.exit(0);`;

/** Starts a collector that keeps the headers of each call, by signal. */
async function startCollector(tls?: SecureServerOptions) {
  const calls: Record<string, IncomingHttpHeaders[]> = { trace: [], metrics: [], logs: [] };
  const server = tls ? createSecureServer(tls) : createServer();
  server.on('stream', (stream, headers) => {
    const [, signal = ''] = /collector\.(\w+)\./.exec(headers[':path'] ?? '') ?? [];
    stream.resume().once('end', () => {
      calls[signal]?.push(headers);
      stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.alloc(5));
    });
    stream.on('error', () => undefined);
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { calls, url: `${tls ? 'https' : 'http'}://localhost:${port}` };
}

test('When variables limit and name what is sent, then the sink receives it so', async () => {
  const sink = await startOtlpSink();
  onTestFinished(() => sink.stop());
  const { stdout } = await runTraced(WORK + END, sink.url, {
    OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '2',
    OTEL_SPAN_EVENT_COUNT_LIMIT: '1',
    OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: '1',
    OTEL_ATTRIBUTE_COUNT_LIMIT: '1',
    OTEL_BSP_MAX_QUEUE_SIZE: '600',
    OTEL_BLRP_MAX_QUEUE_SIZE: '700',
    OTEL_PROPAGATORS: 'b3multi, baggage',
    OTEL_RESOURCE_ATTRIBUTES: 'team=a%2Cb, service.instance.id=one, host.name=two',
    OTEL_LOG_LEVEL: 'debug',
  });
  expect(sink.spans).toMatchObject([
    {
      traceId: 'c'.repeat(32),
      attributes: { a: 'x-b3-traceid,x-b3-spanid,x-b3-sampled,baggage', b: 2 },
      events: [{ name: 'second', attributes: { a: 1 } }],
    },
  ]);
  expect(sink.spans[0]?.attributes).not.toHaveProperty('c');
  expect(sink.spans[0]?.events[0]?.attributes).not.toHaveProperty('b');
  expect(sink.logs.find(({ body }) => body === 'line')?.attributes).toEqual({ a: 1 });
  expect(sink.total('otel.sdk.processor.span.queue.capacity')).toBe(600);
  expect(sink.total('otel.sdk.processor.log.queue.capacity')).toBe(700);
  const expected = { team: 'a,b', 'service.instance.id': 'one', 'host.name': 'two' };
  expect(sink.resources.get('product-service')).toMatchObject(expected);
  expect(stdout).toContain('EnvDetector found resource');
});

test('When one signal has variables of its own, then they prevail over those of all', async () => {
  const [all, forTraces] = [await startCollector(), await startCollector()];
  await runTraced(WORK + END, all.url, {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: forTraces.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-team=a%20b, X-Key=all',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-key=traces',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: 'none',
    OTEL_METRICS_EXPORTER: 'none',
  });
  expect(all.calls).toMatchObject({ trace: [], metrics: [], logs: [{ 'x-team': 'a b', 'x-key': 'all' }] });
  expect(all.calls.logs?.[0]).not.toHaveProperty('grpc-encoding');
  const headers = { 'x-team': 'a b', 'x-key': 'traces', 'grpc-encoding': 'gzip' };
  expect(forTraces.calls).toMatchObject({ trace: [headers], metrics: [], logs: [] });
});

test('When delays are set, then each signal is sent at its own', async () => {
  const { calls, url } = await startCollector();
  const program = launchTraced(`${WORK} setInterval(() => undefined, 1000);`, url, {
    OTEL_METRIC_EXPORT_INTERVAL: '500',
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_BLRP_SCHEDULE_DELAY: '3600000',
  });
  onTestFinished(() => void program.kill('SIGKILL'));
  await expect.poll(() => calls.metrics?.length).toBeGreaterThan(6);
  expect(calls).toMatchObject({ trace: [{}], logs: [] });
});

test('When certificates and a key are set, then the collector and the service know each other by them', async () => {
  const path = join(__dirname, 'localhost.pem');
  const pem = readFileSync(path);
  const { calls, url } = await startCollector({ cert: pem, key: pem, ca: pem, requestCert: true });
  const variables = {
    OTEL_EXPORTER_OTLP_CERTIFICATE: path,
    OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE: path,
    OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY: path,
  };
  expect(await runTraced(WORK + END, url, variables)).toMatchObject({ status: 0, stderr: '' });
  expect(calls.trace).toHaveLength(1);
  const another = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const key = join(folder, 'key.pem');
  writeFileSync(key, another.export({ type: 'pkcs8', format: 'pem' }));
  const unfit = { ...variables, OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY: key };
  expect(await runTraced(WORK + END, url, unfit)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('is not the key of OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE'),
  });
});
