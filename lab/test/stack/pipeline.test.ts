import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { freePort } from '../../../test/database-server.ts';
import { createBackends } from '../../src/native/backends/backends.ts';
import { poll } from '../../src/poll.ts';
import { findPlaces, readSettings } from '../../src/settings.ts';
import { backendsOf } from './backends.ts';
import { canaries, canaryPayloads, harmlessTexts } from './canaries.ts';
import { post } from './otlp-json.ts';
import { test } from './stack-test.ts';
import { root } from './start-stack.ts';

const limits = { intervalMs: 200, limitMs: 60_000 };

/** Ports that the system picks; nobody asks there. */
const picked = { OTLP_GRPC_PORT: '0', METRICS_PORT: '0', HEALTH_PORT: '0', SELF_METRICS_PORT: '0' };

async function ask(url: string, query: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${url}?${new URLSearchParams(query)}`);
  return response.ok ? response.text() : '';
}

test('When a service masks nothing, then no secret or personal value gets past the collector', async ({
  stack: { ports },
}) => {
  const traceId = randomBytes(16).toString('hex');
  for (const [signal, payload] of Object.entries(canaryPayloads(traceId))) {
    expect(await post({ ports }, signal, payload)).toMatchObject({ status: 200 });
  }
  const reads = {
    trace: () => ask(`http://127.0.0.1:${ports.jaeger}/api/traces/${traceId}`),
    log: () =>
      ask(`http://127.0.0.1:${ports.loki}/loki/api/v1/query_range`, {
        query: `{service_name="canary-service"} | trace_id="${traceId}"`,
      }),
    metric: () =>
      ask(`http://127.0.0.1:${ports.prometheus}/api/v1/query`, { query: '{service_name="canary-service"}' }),
  };
  for (const [signal, read] of Object.entries(reads)) {
    const found = await poll(async () => {
      const text = await read();
      return text.includes('****') ? text : undefined;
    }, limits);
    expect(found, `${signal} with masked values`).toBeDefined();
    for (const canary of canaries) expect(found, signal).not.toContain(canary);
    if (signal === 'trace')
      for (const text of harmlessTexts) expect(found, signal).toContain(JSON.stringify(text));
  }
});

test('When Jaeger and Loki are away, then what comes meanwhile waits for their return', async ({ stack }) => {
  await stack.vitrine('kill', 'jaeger');
  await stack.vitrine('kill', 'loki');
  const response = await fetch(stack.urls.frontend);
  const traceId = response.headers.get('x-trace-id') ?? '';
  expect(traceId).toMatch(/^[0-9a-f]{32}$/);
  const queues = `http://127.0.0.1:${stack.ports['otel-collector-self']}/metrics`;
  const isQueued = async () => {
    const sizes = [...(await ask(queues)).matchAll(/^otelcol_exporter_queue_size\{.*\} (\d+)$/gm)];
    return sizes.length === 2 && sizes.every(([, size]) => Number(size) > 0) ? true : undefined;
  };
  expect(await poll(isQueued, limits), 'both queues hold something').toBe(true);
  await stack.vitrine('start', 'jaeger');
  await stack.vitrine('start', 'loki');
  const trace = () => ask(`http://127.0.0.1:${stack.ports.jaeger}/api/traces/${traceId}`);
  const logs = () =>
    ask(`http://127.0.0.1:${stack.ports.loki}/loki/api/v1/query_range`, {
      query: `{service_name="frontend"} | trace_id="${traceId}"`,
    });
  for (const read of [trace, logs]) {
    const holds = async () => (await read()).includes(traceId) || undefined;
    expect(await poll(holds, limits)).toBe(true);
  }
});

test('When a service sends the path of its program, then its name is kept', async ({ stack }) => {
  const response = await fetch(stack.urls.frontend);
  const trace = () => backendsOf(stack).jaeger.traceById(response.headers.get('x-trace-id') ?? '');
  const names = async () => (await trace())?.spans.map(({ resource }) => resource['process.executable.name']);
  await expect.poll(async () => new Set(await names()), { timeout: 60_000 }).toEqual(new Set(['node']));
});

test('When debug is added to a pipeline, then the collector prints what passes', async ({ stack }) => {
  const file = join(stack.home, 'debug.yaml');
  const config = readFileSync(join(root, 'otel-collector-config.yaml'), 'utf8');
  writeFileSync(
    file,
    config.replace('exporters: [otlp_grpc/jaeger, span_metrics]', 'exporters: [debug, span_metrics]'),
  );
  const { signal } = new AbortController();
  const collector = await createBackends(readSettings(findPlaces(stack.environment), stack.environment), {
    report: () => undefined,
    signal,
  }).find('otelcol');
  const port = await freePort();
  const environment = { LISTEN_HOST: '127.0.0.1', OTLP_HTTP_PORT: String(port), ...picked };
  const child = spawn(collector ?? '', ['--config', file], { env: environment });
  onTestFinished(() => void child.kill('SIGKILL'));
  let printed = '';
  child.stdout.on('data', (text) => {
    printed += text;
  });
  const traceId = randomBytes(16).toString('hex');
  const { traces } = canaryPayloads(traceId);
  const isPrinted = async () => {
    await post({ ports: { ...stack.ports, 'otel-collector-http': port } }, 'traces', traces).catch(
      () => undefined,
    );
    return printed.includes(traceId) || undefined;
  };
  expect(await poll(isPrinted, limits)).toBe(true);
});

test('When the pipeline is checked, then ours is accepted', async ({ stack }) => {
  expect(await stack.vitrine('pipeline', 'check')).toMatchObject({ status: 0, stderr: '' });
});

test.for([
  [
    'exporters: [prometheus]',
    'exporters: [prometheuz]',
    'references exporter "prometheuz" which is not configured',
  ],
  ['set(span.name', 'sat(span.name', 'does not support the function "sat"'],
  ['batch:', 'batch: [', 'not valid YAML'],
] as const)(
  'When %s becomes %s, then it is refused in the collector’s words',
  async ([right, wrong, says], { stack }) => {
    const file = join(stack.home, 'collector.yaml');
    const config = readFileSync(join(root, 'otel-collector-config.yaml'), 'utf8');
    writeFileSync(file, config.replace(right, wrong));
    const result = await stack.vitrine('pipeline', 'check', file);
    expect(result).toMatchObject({ status: 1, stderr: expect.stringContaining(says) });
    expect(result.stderr).not.toContain('Error:');
  },
);

test('When there is no such file, then it was asked wrongly', async ({ stack }) => {
  const result = await stack.vitrine('pipeline', 'check', '/nowhere.yaml');
  expect(result).toMatchObject({ status: 2, stderr: 'There is no /nowhere.yaml.\n' });
});
