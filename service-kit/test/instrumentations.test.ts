import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test as base, describe, expect, onTestFinished, vi } from 'vitest';
import { listen } from '../../test/listen';
import { startOtlpSink } from '../../test/otlp-sink';
import { runTraced } from '../../test/traced-program';
import { undeclaredIn } from '../src/registry/contract';

vi.setConfig({ testTimeout: 60_000 });

// biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
const test = base.extend('sink', async ({}, { onCleanup }) => {
  const sink = await startOtlpSink();
  onCleanup(sink.stop);
  return sink;
});

/** Ends the program as a stopped service ends. */
/** Stopping waits two seconds at most, which a busy machine may need several of. */
const END = `
  const { stopTelemetry } = require('@vitrine/service-kit/telemetry/start');
  for (let seconds = 0; seconds < 20; seconds += 2) await stopTelemetry();
  process.exit(0);`;

const callTo = (baseUrl: string, timeoutMs = 10_000) => `
  const { createServiceClient } = require('@vitrine/service-kit/service-client');
  const client = createServiceClient({ name: 'stock', baseUrl: '${baseUrl}/inside', timeoutMs: ${timeoutMs} });
  await client.call({ path: '/thing?a=1' }).catch(() => undefined);`;

/** Starts a service with a fixed response, and records the names and values of the headers it receives. */
async function startNeighbour(status: number, body: string) {
  const headers: string[] = [];
  const { url, close } = await listen((request, response) => {
    headers.push(...request.rawHeaders);
    response.writeHead(status).end(body);
  });
  onTestFinished(close);
  return { url, headers };
}

describe('When a service calls another', () => {
  test('then one span names the service and the URL, and one header propagates the trace', async ({
    sink,
  }) => {
    const { url, headers } = await startNeighbour(200, '{}');
    expect(await runTraced(callTo(url) + END, sink.url)).toMatchObject({ status: 0, stderr: '' });
    const [span] = sink.spans;
    expect(sink.spans).toHaveLength(1);
    expect(span).toMatchObject({ name: 'GET', kind: 'CLIENT', status: { isError: false } });
    expect(span?.attributes).toMatchObject({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'peer.service': 'stock',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(url).port),
      'url.full': `${url}/inside/thing?a=1`,
    });
    const sent = headers.filter((_, index) => headers[index - 1]?.toLowerCase() === 'traceparent');
    expect(sent).toEqual([`00-${span?.traceId}-${span?.spanId}-01`]);
    expect(undeclaredIn({ ...sink, points: sink.points() })).toEqual([]);
  });

  test.for([404, 500])('that answers %i, then span and metric have this error', async (status, { sink }) => {
    const { url } = await startNeighbour(status, '{}');
    await runTraced(callTo(url) + END, sink.url);
    const outcome = { 'http.response.status_code': status, 'error.type': String(status) };
    expect(sink.spans).toMatchObject([{ status: { isError: true }, attributes: outcome }]);
    expect(sink.total('http.client.request.duration', outcome)).toBe(1);
  });

  test('that does not answer in time, then span and metric name the error', async ({ sink }) => {
    const { url, close } = await listen(() => undefined);
    onTestFinished(close);
    await runTraced(callTo(url, 300) + END, sink.url);
    expect(sink.spans).toMatchObject([
      { status: { isError: true }, attributes: { 'error.type': 'TimeoutError' } },
    ]);
    expect(sink.total('http.client.request.duration', { 'error.type': 'TimeoutError' })).toBe(1);
  });

  test('that hangs more often than there are connections, then each call is counted as an error', async ({
    sink,
  }) => {
    const { url, close } = await listen(() => undefined);
    onTestFinished(close);
    const calls = `
      const { createServiceClient } = require('@vitrine/service-kit/service-client');
      const client = createServiceClient({ name: 'stock', baseUrl: '${url}', timeoutMs: 1000 });
      await Promise.allSettled(Array.from({ length: 150 }, () => client.call({ path: '/' })));
      await new Promise((resolve) => setTimeout(resolve, 1000));`;
    await runTraced(calls + END, sink.url);
    expect(sink.total('http.client.request.duration', { 'error.type': 'TimeoutError' })).toBe(150);
    expect(sink.spans.filter(({ status }) => status.isError)).toHaveLength(150);
  });

  test('that accepts no connection in time, then span and metric name the error', async ({ sink }) => {
    const url = await unreachable();
    const untilEnded = 'await new Promise((resolve) => setTimeout(resolve, 2500));';
    await runTraced(callTo(url, 300) + untilEnded + END, sink.url);
    const outcome = { 'error.type': expect.stringMatching(/^[A-Za-z_]+$/) };
    expect(sink.spans).toMatchObject([{ status: { isError: true }, attributes: outcome }]);
    expect(sink.points().filter(({ metric }) => metric === 'http.client.request.duration')).toMatchObject([
      { attributes: outcome },
    ]);
  });
});

/** Starts a server whose backlog is full and that accepts no connection, so packets to it are dropped. */
async function unreachable(): Promise<string> {
  const program = `const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 },
    () => process.send(s.address().port))`;
  const child = fork('-e', [program], { execArgv: [] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [port] = await once(child, 'message');
  child.kill('SIGSTOP');
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (;;) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    const isConnected = await Promise.race([
      once(socket, 'connect').then(() => true),
      new Promise((resolve) => setTimeout(resolve, 500, false)),
    ]);
    if (!isConnected) return `http://127.0.0.1:${port}`;
  }
}

test.for([
  ['fetch', 'await (await fetch(url)).text()'],
  [
    'node:http',
    "await new Promise((resolve) => require('node:http').get(url, (r) => r.resume().on('end', resolve)))",
  ],
])(
  'When code calls by %s, which the shop does not use, then the call is in the trace',
  async ([, call], { sink }) => {
    const { url } = await startNeighbour(200, '{}');
    const main = `
    const server = require('node:http').createServer(async (request, response) => {
      const url = '${url}';
      ${call};
      response.end('done');
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address();
    const { untraced } = require('@vitrine/service-kit/telemetry/start');
    await untraced(async () => (await fetch('http://127.0.0.1:' + port)).text());`;
    expect(await runTraced(main + END, sink.url)).toMatchObject({ status: 0, stderr: '' });
    const server = sink.spans.find(({ kind }) => kind === 'SERVER');
    const client = sink.spans.find(({ kind }) => kind === 'CLIENT');
    expect(client).toMatchObject({ traceId: server?.traceId, parentSpanId: server?.spanId });
    expect(client?.attributes).toMatchObject({ 'http.response.status_code': 200, 'url.full': `${url}/` });
  },
);

test('When an error is logged, then the record has its class, fields and causes', async ({ sink }) => {
  const main = `
    const cause = new TypeError('refused by ada@example.com');
    const error = Object.assign(new RangeError('no answer', { cause }), { code: 'ECONNREFUSED', errno: -111 });
    const logger = require('@vitrine/service-kit/logger').createLogger({ level: 'info' });
    logger.error({ err: error, 'user.id': 7, password: 'canary' }, 'not saved');`;
  await runTraced(main + END, sink.url);
  expect(sink.logs).toMatchObject([
    {
      ...{ severityNumber: 17, level: 'error', body: 'not saved' },
      attributes: {
        'user.id': 7,
        password: '[redacted]',
        'error.code': 'ECONNREFUSED',
        'error.errno': -111,
        'exception.type': 'RangeError',
        'exception.message': 'no answer',
        'exception.stacktrace': expect.stringMatching(
          /^RangeError: no answer\n.*Caused by: TypeError: refused by \[redacted\]\n/s,
        ),
      },
    },
  ]);
});

/** Serves with the shared shell; then runs `ask`, which knows `port`. */
const served = (routes: string, ask: string) => `
  const logger = require('@vitrine/service-kit/logger').createLogger({ level: 'info' });
  const { createShell, closeShell } = require('@vitrine/service-kit/http-shell');
  const { untraced } = require('@vitrine/service-kit/telemetry/start');
  const app = createShell({ logger, readiness: {} });
  ${routes};
  closeShell(app, logger);
  const server = require('node:http').createServer(app);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const pause = () => new Promise((resolve) => setTimeout(resolve, 300));
  await untraced(async () => { ${ask} });
  await pause();`;

const isServer = ({ kind }: { kind: string }) => kind === 'SERVER';
const isRequest = ({ body }: { body: unknown }) => String(body).startsWith('request');

describe('When an answer is broken off', () => {
  test('by a bug after it began, then span, metric and log line count it as 500', async ({ sink }) => {
    const routes =
      "app.get('/late', (request, response) => { response.write('x'); throw new Error('bug'); })";
    await runTraced(
      served(
        routes,
        "await fetch('http://127.0.0.1:' + port + '/late').then((r) => r.text()).catch(() => 0);",
      ) + END,
      sink.url,
    );
    const outcome = { 'http.route': '/late', 'http.response.status_code': 500 };
    expect(sink.spans.filter(isServer)).toMatchObject([
      { status: { isError: true, message: 'bug' }, attributes: outcome },
    ]);
    expect(sink.total('http.server.request.duration', outcome)).toBe(1);
    expect(sink.logs.filter(isRequest)).toMatchObject([{ body: 'request', attributes: outcome }]);
  });

  test('by the end of the service, then it counts as 500', async ({ sink }) => {
    const main = `
      const logger = require('@vitrine/service-kit/logger').createLogger({ level: 'info' });
      const { createShell, closeShell } = require('@vitrine/service-kit/http-shell');
      const { serve } = require('@vitrine/service-kit/serve');
      const app = createShell({ logger, readiness: {} });
      app.get('/never', () => process.kill(process.pid, 'SIGTERM'));
      closeShell(app, logger);
      const probe = require('node:net').createServer().listen(0, '127.0.0.1');
      await require('node:events').once(probe, 'listening');
      const { port } = probe.address();
      await new Promise((resolve) => probe.close(resolve));
      await serve(app, { host: '127.0.0.1', port, logger, close: async () => {} });
      fetch('http://127.0.0.1:' + port + '/never').catch(() => 0);`;
    expect(await runTraced(main, sink.url)).toMatchObject({ status: 0, stderr: '' });
    const outcome = { 'http.route': '/never', 'http.response.status_code': 500 };
    expect(sink.spans.filter(isServer)).toMatchObject([{ status: { isError: true }, attributes: outcome }]);
    expect(sink.logs.filter(isRequest)).toMatchObject([{ body: 'request', attributes: outcome }]);
  });

  test('by its client, then the handler may go on', async ({ sink }) => {
    const routes = `const client = new AbortController();
    app.get('/slow', async (request, response) => { client.abort(); await pause(); response.end('x'); })`;
    const ask =
      "await fetch('http://127.0.0.1:' + port + '/slow', { signal: client.signal }).catch(() => 0); await pause();";
    await runTraced(served(routes, ask) + END, sink.url);
    expect(sink.logs.map(({ body }) => body)).toEqual(['request aborted by the client']);
  });

  test('by its client, who has sent the next request already, then none of them has a status', async ({
    sink,
  }) => {
    const routes = `let client;
    app.get('/slow', async (request, response) => { await pause(); client.destroy(); await pause(); response.end('x'); });
    app.get('/next', (request, response) => { response.end('y'); })`;
    const ask = `client = require('node:net').connect(port, '127.0.0.1');
    client.write('GET /slow HTTP/1.1\\r\\nHost: x\\r\\n\\r\\nGET /next HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n');
    await require('node:events').once(client, 'close'); await pause(); await pause();`;
    await runTraced(served(routes, ask) + END, sink.url);
    expect(sink.logs.map(({ body }) => body)).toEqual(Array(2).fill('request aborted by the client'));
    for (const { status } of sink.spans.filter(isServer)) expect(status.isError).toBe(false);
  });

  test('by an error while it is written, then the span has a route nonetheless', async ({ sink }) => {
    const routes = `app.get('/twice', (request, response) => {
      response.on('error', () => undefined).end('x');
      response.write('y');
    })`;
    await runTraced(
      served(routes, "await (await fetch('http://127.0.0.1:' + port + '/twice')).text();") + END,
      sink.url,
    );
    expect(sink.spans.filter(isServer)).toMatchObject([
      { name: 'GET /twice', attributes: { 'http.route': '/twice' } },
    ]);
  });
});

test('When a proxy or a query names secrets, then they are masked, and the address is that of the Host header', async ({
  sink,
}) => {
  const ask = `
    const card = '4111' + '111111111111';
    const path = '/x?q={"password":"hunter' + '2xx"}&card=' + card;
    const headers = { host: 'shop.example:99', 'x-forwarded-host': 'shop:' + card };
    const { get } = require('node:http');
    await new Promise((resolve) => get({ port, path, headers }, (r) => r.resume().on('end', resolve)));`;
  await runTraced(served('', ask) + END, sink.url);
  expect(sink.spans.filter(isServer)).toMatchObject([
    { attributes: { 'server.address': 'shop.example', 'server.port': 99 } },
  ]);
  expect(sink.text()).not.toMatch(/hunter2xx|4111111111111111/);
});

test('When mysql2 itself fails, then no statement gets the error of another', async ({ sink }) => {
  const main = `
    const { noteStatementError } = require('@vitrine/service-kit/telemetry/span-processor');
    const otherError = Object.assign(new Error('x'), { code: 'ER_DUP_ENTRY' });
    noteStatementError(otherError);
    const connection = require('mysql2').createConnection({ host: '127.0.0.1', port: 1 });
    connection.on('error', () => undefined);
    await new Promise((resolve) => connection.query('SELECT 1', resolve));
    noteStatementError(otherError);`;
  await runTraced(main + END, sink.url);
  expect(sink.spans).toMatchObject([{ name: 'SELECT', status: { isError: true } }]);
  expect(sink.spans[0]?.attributes).not.toHaveProperty('error.type');
});

describe('When the environment', () => {
  test('disables an instrumentation, then it sends nothing', async ({ sink }) => {
    const { url } = await startNeighbour(200, '{}');
    await runTraced(callTo(url) + END, sink.url, { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'undici' });
    expect(sink.spans).toEqual([]);
  });

  test('sets the sampling ratio to 0, then no trace is sent, and called services see it as unsampled', async ({
    sink,
  }) => {
    const { url, headers } = await startNeighbour(200, '{}');
    const sampling = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' };
    await runTraced(callTo(url) + END, sink.url, sampling);
    expect(sink.spans).toEqual([]);
    expect(headers.find((header) => /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/.test(header))).toBeDefined();
  });

  test('names an unknown instrumentation, then the process ends and lists the known ones', async ({
    sink,
  }) => {
    const misspelt = { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'htttp' };
    expect(await runTraced(END, sink.url, misspelt)).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^Environment variable OTEL_NODE_ENABLED_INSTRUMENTATIONS is invalid: must list.* http, .*\n$/,
      ),
    });
  });
});
