import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { test as base, beforeAll, expect } from 'vitest';
import { elapsed } from '../../test/elapsed';
import { startOtlpSink } from '../../test/otlp-sink';
import { undeclaredIn } from '../../test/undeclared';

const root = join(__dirname, '../..');

beforeAll(async () => {
  await promisify(execFile)(join(root, 'node_modules/.bin/tsc'), ['-b', join(root, 'product-service')]);
}, 60_000);

// biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
const test = base.extend('sink', async ({}, { onCleanup }) => {
  const sink = await startOtlpSink();
  onCleanup(sink.stop);
  return sink;
});

/** A service whose start-up is this, as a process of its own. */
function launch(main: string, collector: string) {
  const program = `require('@vitrine/service-kit/start').start(async () => { ${main} })`;
  return spawn(process.execPath, ['--require', './dist/telemetry.js', '-e', program], {
    cwd: join(root, 'product-service'),
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** As {@link launch}, until it ends. */
async function run(main: string, collector: string) {
  const child = launch(main, collector);
  const [[status], stdout, stderr] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { status, stdout, stderr };
}

const REFUSAL = "throw Object.assign(new Error('Access denied'), { code: 'ER_ACCESS_DENIED_ERROR' })";

test.for<[what: string, main: string, event: string, message: string, stderr: RegExp]>([
  ['it is refused something', REFUSAL, 'cannot start', 'Access denied', /^Cannot start: Access denied\n$/],
  ['it has a bug', 'null.x', 'cannot start', 'Cannot read', /^Cannot start: TypeError: Cannot read.*\n +at /],
  [
    'something throws later',
    "setTimeout(() => { throw new Error('at night') }, 10); setInterval(() => {}, 1000)",
    ...(['crashed', 'at night', /^Crashed: Error: at night\n +at /] as const),
  ],
  [
    'a promise is rejected and nobody looks',
    "setTimeout(() => Promise.reject('at night'), 10); setInterval(() => {}, 1000)",
    ...(['crashed', 'at night', /^Crashed: .*at night/s] as const),
  ],
])(
  'When %s, then it ends with 1, and stderr and the backends are told why',
  async ([, main, event, message, words], { sink }) => {
    const { status, stdout, stderr } = await run(main, sink.url);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(words);
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
])('When it %s, then what it has logged before is on stdout', async ([, main, status], { sink }) => {
  expect(await run(main, sink.url)).toMatchObject({
    status,
    stdout: expect.stringContaining('"msg":"a line"'),
  });
});

test('When it lives on, then what it has logged is soon on stdout', async ({ sink }) => {
  const child = launch(`${LOG}; setInterval(() => {}, 1000)`, sink.url);
  const [line] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(10_000) });
  child.kill('SIGKILL');
  expect(String(line)).toContain('"msg":"a line"');
});

test('When its port is taken, then it ends with 1 and one line says so', async ({ sink }) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = Object(other.address());
  const serve = `await require('@vitrine/service-kit/serve').serve(() => {}, { host: '127.0.0.1', port: ${port} })`;
  const { status, stderr } = await run(serve, sink.url);
  other.close();
  expect(status).toBe(1);
  expect(stderr).toBe(`Cannot start: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`);
  expect(sink.logs).toMatchObject([{ body: 'cannot start', attributes: { 'exception.type': 'EADDRINUSE' } }]);
});

test('When the collector hangs, then the end of the process does not wait for it', async ({ sink }) => {
  sink.pretend('hanging');
  const { value, ms } = await elapsed(run(REFUSAL, sink.url));
  expect(value).toEqual({ status: 1, stdout: '', stderr: 'Cannot start: Access denied\n' });
  expect(ms).toBeLessThan(4500);
});
