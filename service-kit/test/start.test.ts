import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { test as base, expect, onTestFinished } from 'vitest';
import { freePort } from '../../test/database-server';
import { startOtlpSink } from '../../test/otlp-sink';
import { launchTraced, runTraced } from '../../test/traced-program';
import { undeclaredIn } from '../src/registry/contract';

// biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
const test = base.extend('sink', async ({}, { onCleanup }) => {
  const sink = await startOtlpSink();
  onCleanup(sink.stop);
  return sink;
});

const REFUSAL = "throw new (require('@vitrine/service-kit/start-refused').StartRefused)('Access denied')";
const UNAVAILABLE =
  "throw require('@vitrine/service-kit/http-error').unavailable('stock_dbase', new Error('late'))";
/** Two addresses, as a name has that stands for IPv4 and IPv6; nothing listens. */
const TWO_ADDRESSES =
  "const lookup = (name, options, done) => done(null, [{ address: '127.0.0.1', family: 4 }, { address: '::1', family: 6 }]); " +
  "const socket = require('node:net').connect({ host: 'x', port: 1, lookup }); " +
  "await require('node:events').once(socket, 'connect')";

test.for<[what: string, main: string, event: string, message: string, stderr: RegExp]>([
  ['it is refused', REFUSAL, 'cannot start', 'Access denied', /^Cannot start: Access denied\n$/],
  [
    'a file is missing',
    "require('node:fs').readFileSync('/nowhere')",
    ...([
      'cannot start',
      'ENOENT',
      /^Cannot start: ENOENT: no such file or directory, open '\/nowhere'\n$/,
    ] as const),
  ],
  [
    'the database is too slow',
    UNAVAILABLE,
    ...(['cannot start', 'stock_dbase', /^Cannot start: stock_dbase is not available: late\n$/] as const),
  ],
  [
    'the start has a bug whose error has a code',
    "require('node:path').join(undefined)",
    ...(['cannot start', 'must be of type string', /^Cannot start: TypeError.*\n(.*\n)* +at /] as const),
  ],
  [
    'the start has a bug',
    'null.x',
    'cannot start',
    'Cannot read',
    /^Cannot start: TypeError: Cannot read.*\n +at /,
  ],
  [
    'an error is thrown later',
    "setTimeout(() => { throw new Error('at night') }, 10); setInterval(() => {}, 1000)",
    ...(['crashed', 'at night', /^Crashed: Error: at night\n +at /] as const),
  ],
  [
    'a rejected promise is not handled',
    "setTimeout(() => Promise.reject('at night'), 10); setInterval(() => {}, 1000)",
    ...(['crashed', 'at night', /^Crashed: .*at night/s] as const),
  ],
])(
  'When %s, then the process ends with 1, and stderr and the backends have the reason',
  async ([, main, event, message, words], { sink }) => {
    const { status, stdout, stderr } = await runTraced(main, sink.url);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(words);
    expect(sink.total('vitrine.service.stopping')).toBe(0);
    expect(sink.logs).toMatchObject([
      {
        ...{ service: 'product-service', level: 'fatal', body: event },
        attributes: { 'exception.message': expect.stringContaining(message) },
      },
    ]);
    expect(undeclaredIn({ ...sink, points: sink.points() })).toEqual([]);
  },
);

const LOG = "require('@vitrine/service-kit/logger').createLogger({ level: 'info' }).info('a line')";

test.for<[end: string, main: string, status: number]>([
  ['stops', `${LOG}; process.exit(0)`, 0],
  ['crashes', `${LOG}; null.x`, 1],
])('When the process %s, then its earlier log lines are on stdout', async ([, main, status], { sink }) => {
  expect(await runTraced(main, sink.url)).toMatchObject({
    status,
    stdout: expect.stringContaining('"msg":"a line"'),
  });
});

test.for<[signal: string, status: number]>([
  ['SIGTERM', 143],
  ['SIGINT', 130],
])(
  'When %s comes during the start, then the process ends at once with %i and has written all lines',
  async ([signal, expected], { sink }) => {
    const main = `${LOG}; process.kill(process.pid, '${signal}'); await new Promise((end) => setTimeout(end, 30_000))`;
    const startedAt = performance.now();
    const { status, stdout, stderr } = await runTraced(main, sink.url);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    expect({ status, stderr }).toEqual({ status: expected, stderr: '' });
    expect(stdout).toMatch(/"msg":"a line".*"msg":"start abandoned"/s);
    expect(sink.logs.at(-1)).toMatchObject({ body: 'start abandoned', attributes: { signal } });
    const undeclared = undeclaredIn({ ...sink, points: sink.points() });
    expect(undeclared).toEqual(['log a line of product-service']);
  },
);

test('When the process keeps running, then its log lines soon reach stdout', async ({ sink }) => {
  const child = launchTraced(`${LOG}; setInterval(() => {}, 1000)`, sink.url);
  const [line] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(10_000) });
  child.kill('SIGKILL');
  expect(String(line)).toContain('"msg":"a line"');
});

test('When the port is taken, then the process ends with 1 and one line on stderr', async ({ sink }) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = Object(other.address());
  const serve = `await require('@vitrine/service-kit/serve').serve(() => {}, { host: '127.0.0.1', port: ${port} })`;
  const { status, stderr } = await runTraced(serve, sink.url);
  other.close();
  expect(status).toBe(1);
  expect(stderr).toBe(`Cannot start: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`);
  expect(sink.logs).toMatchObject([{ body: 'cannot start', attributes: { 'error.code': 'EADDRINUSE' } }]);
});

test('When a port may be reused, then two processes listen on it, and a third that may not ends with 1', async ({
  sink,
}) => {
  const port = await freePort();
  const serve = (reusePort: boolean) => SERVE.replace('port: 0', `port: ${port}, reusePort: ${reusePort}`);
  for (const child of [launchTraced(serve(true), sink.url), launchTraced(serve(true), sink.url)]) {
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(10_000) });
    expect(String(line)).toBe('up');
  }
  const { status, stderr } = await runTraced(serve(false), sink.url);
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('EADDRINUSE') });
});

const WAIT = "setInterval(() => {}, 1000); process.stdout.write('up'); await new Promise(() => {})";
const SERVE = `await require('@vitrine/service-kit/serve').serve(() => {}, {
  ...{ host: '127.0.0.1', port: 0, close: async () => {} },
  logger: require('@vitrine/service-kit/logger').createLogger({ level: 'silent' }),
}); process.stdout.write('up')`;

test.for<[when: string, main: string, signal: NodeJS.Signals, status: number]>([
  ['by SIGTERM while it starts', WAIT, 'SIGTERM', 143],
  ['by SIGTERM once it listens', SERVE, 'SIGTERM', 0],
  ['by SIGINT once it listens', SERVE, 'SIGINT', 0],
])(
  'When it is asked to end %s, then it does, and its last metrics say so',
  async ([, main, signal, status], { sink }) => {
    const child = launchTraced(main, sink.url);
    const ended = once(child, 'exit');
    await once(child.stdout, 'data', { signal: AbortSignal.timeout(10_000) });
    child.kill(signal);
    expect(await ended).toEqual([status, null]);
    expect(sink.total('vitrine.service.stopping')).toBe(1);
  },
);

test('When a connection is made while a service ends, then its request is answered, though nobody listens any more', async ({
  sink,
}) => {
  const port = await freePort();
  const main = SERVE.replace('() => {}', "(_, response) => response.end('late')").replace(
    'port: 0',
    `port: ${port}`,
  );
  const child = launchTraced(main, sink.url);
  const ended = once(child, 'exit');
  await once(child.stdout, 'data', { signal: AbortSignal.timeout(10_000) });
  child.kill('SIGTERM');
  const url = `http://127.0.0.1:${port}`;
  const isStopping = async () => (await fetch(`${url}/readyz`)).status;
  await expect.poll(isStopping, { interval: 5, timeout: 10_000 }).toBe(503);
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const isRefused = () =>
    fetch(url).then(
      () => false,
      () => true,
    );
  await expect.poll(isRefused, { interval: 5, timeout: 10_000 }).toBe(true);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 .*late$/s);
  expect(await ended).toEqual([0, null]);
});

test('When a log line has long texts, then its record has their beginnings, masked', async ({ sink }) => {
  const line = `{ err: new Error('x'.repeat(3950) + ' ada@example.com ' + 'x'.repeat(10000)), note: 'y'.repeat(5000) }`;
  await runTraced(`${LOG.replace("info('a line')", `info(${line}, 'a line')`)}; null.x`, sink.url);
  const [record] = sink.logs;
  expect(record?.attributes).toMatchObject({ note: 'y'.repeat(4000) });
  for (const name of ['exception.message', 'exception.stacktrace'])
    expect(record?.attributes[name]).toHaveLength(4000);
  expect(JSON.stringify(record)).not.toContain('ada@');
});

test('When two addresses of a name refuse a connection, then the line has the code of the error', async ({
  sink,
}) => {
  const { stderr } = await runTraced(TWO_ADDRESSES, sink.url);
  expect(stderr).toBe('Cannot start: ECONNREFUSED\n');
});

test('When the collector hangs, then the process ends without waiting for it', async ({ sink }) => {
  sink.pretend('hanging');
  // Without a limit the process would wait for as long as a batch is held: half a minute.
  const end = await Promise.race([
    runTraced(REFUSAL, sink.url),
    delay(25_000, 'still running', { ref: false }),
  ]);
  expect(end).toEqual({ status: 1, stdout: '', stderr: 'Cannot start: Access denied\n' });
}, 30_000);
