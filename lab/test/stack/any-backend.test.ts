import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { createBackends } from '../../src/native/backends/backends.ts';
import { findPlaces, readSettings } from '../../src/settings.ts';
import { attributes, post } from './otlp-json.ts';
import { prepareSite, root } from './start-stack.ts';

/** A backend that takes OTLP and keeps what it gets. */
async function startBackend() {
  const got: { path: string; authorization: string; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const body = gunzipSync(await buffer(request)).toString('latin1');
    got.push({ path: request.url ?? '', authorization: request.headers.authorization ?? '', body });
    response.setHeader('content-type', 'application/x-protobuf').end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return { got, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('When the collector of the overlay any-backend runs, then all goes to one address with the header, masked', async () => {
  const site = await prepareSite();
  onTestFinished(site.stop);
  const { got, endpoint } = await startBackend();
  const settings = readSettings(findPlaces(site.environment), site.environment);
  const idle = { report: () => {}, signal: new AbortController().signal };
  const collector = await createBackends(settings, idle).compile('otelcol');
  const config = ['--config', join(root, 'otel-collector-config.yaml'), '--config', 'env:PIPELINE_OVERLAY'];
  const child = spawn(collector, config, {
    stdio: 'ignore',
    env: {
      LISTEN_HOST: '127.0.0.1',
      OTLP_GRPC_PORT: String(site.ports['otel-collector']),
      OTLP_HTTP_PORT: String(site.ports['otel-collector-http']),
      HEALTH_PORT: String(site.ports['otel-collector-health']),
      METRICS_PORT: String(site.ports['otel-collector-metrics']),
      SELF_METRICS_PORT: String(site.ports['otel-collector-self']),
      PIPELINE_OVERLAY: await readFile(join(root, 'k8s/overlays/any-backend/pipeline.yaml'), 'utf8'),
      BACKEND_ENDPOINT: endpoint,
      BACKEND_HEADERS: '{"authorization": "Bearer a, b: c"}',
    },
  });
  onTestFinished(async () => {
    const ended = once(child, 'close');
    if (child.kill()) await ended;
  });

  const nowNs = `${Date.now()}000000`;
  const resource = { attributes: attributes({ 'service.name': 'somebody' }) };
  const said = attributes({ 'user.email': 'zoe@example.com', 'kept.word': 'plain-word' });
  const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
  const span = { ...ids, name: 'one', kind: 2, startTimeUnixNano: nowNs, endTimeUnixNano: nowNs };
  const gauge = { dataPoints: [{ timeUnixNano: nowNs, asInt: '1', attributes: said }] };
  const payloads = {
    traces: { resourceSpans: [{ resource, scopeSpans: [{ spans: [{ ...span, attributes: said }] }] }] },
    metrics: {
      resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [{ name: 'a.number', gauge }] }] }],
    },
    logs: {
      resourceLogs: [
        {
          resource,
          scopeLogs: [
            { logRecords: [{ timeUnixNano: nowNs, body: { stringValue: 'a line' }, attributes: said }] },
          ],
        },
      ],
    },
  };
  const soon = { timeout: 30_000, interval: 100 };
  for (const [signal, payload] of Object.entries(payloads)) {
    const send = () => post(site, signal, payload).then(({ status }) => status, String);
    await expect.poll(send, soon).toBe(200);
    const find = () => got.find(({ path, body }) => path === `/v1/${signal}` && body.includes('plain-word'));
    await expect.poll(find, soon).toMatchObject({ authorization: 'Bearer a, b: c' });
    expect(find()?.body).not.toContain('zoe@example.com');
  }
});
