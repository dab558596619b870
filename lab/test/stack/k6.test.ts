import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, expect, onTestFinished, test as plain } from 'vitest';
import { z } from 'zod';
import { runK6 } from '../../src/k6/run-k6.ts';
import { k6Tests } from '../../src/k6/tests.ts';
import { createBackends } from '../../src/native/backends/backends.ts';
import { runProgram } from '../../src/native/run-program.ts';
import { findPlaces, readSettings } from '../../src/settings.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { test } from './stack-test.ts';
import { root } from './start-stack.ts';

// biome-ignore lint/style/noProcessEnv: where programs are, as whoever runs the tests has it
const shell = process.env;
const { signal } = new AbortController();
const report = () => {};

/** Runs k6 itself, as plain Docker does. */
let k6: (args: readonly string[], environment?: Record<string, string>) => ReturnType<typeof runProgram>;

// Compiling k6 takes a good minute, once.
beforeAll(async () => {
  const settings = readSettings(findPlaces(shell), shell);
  const program = await createBackends(settings, { report, signal }).compile('k6');
  k6 = (args, environment = {}) => runProgram(program, args, { directory: root, environment, signal });
}, 600_000);

const summarySchema = z.object({
  metrics: z.record(
    z.string(),
    z.object({
      values: z.record(z.string(), z.number()),
      thresholds: z.record(z.string(), z.object({ ok: z.boolean() })).optional(),
    }),
  ),
  slowest: z.array(z.object({ request: z.string(), traceId: z.string() })),
  failed: z.array(z.object({ request: z.string(), status: z.string(), traceId: z.string() })),
});

function readSummary(file: string | undefined) {
  const content = readFileSync(file ?? '', 'utf8');
  // What the test's setup returns holds cookies.
  expect(content).not.toContain('setup_data');
  return summarySchema.parse(JSON.parse(content));
}

// On a busy machine a statement may take longer than its second; the page is then a 503.
test('When all is well, then the smoke test passes, and names its slowest requests by their traces', {
  retry: 2,
}, async ({ stack }) => {
  const { status, stdout, stderr } = await stack.vitrine('k6');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^smoke: \d+ requests in .*, 0 failed \(0\.0 %\)$/m);
  expect(stdout).toMatch(/^ {2}POST \/checkout\/process +\d+ ms +\d+ ms +\d+ ms {3}✓ p\(95\)<3000$/m);
  const files = /^The figures are in (.*\.txt) and (.*\.json)$/m.exec(stdout);
  expect(files?.[1]).toContain(join(stack.home, 'reports'));
  const { slowest, failed } = readSummary(files?.[2]);
  expect(failed).toEqual([]);
  const [{ traceId, request } = { traceId: '', request: '' }] = slowest;
  expect(readFileSync(files?.[1] ?? '', 'utf8')).toContain(traceId);
  await expect
    .poll(async () => (await stack.vitrine('trace', traceId)).stdout, { timeout: 60_000 })
    .toContain(`frontend ${request} `);
});

test('When a service is stopped, then the smoke test fails, and names what failed by its trace', async ({
  stack,
}) => {
  expect(await stack.vitrine('stop', 'order-service')).toMatchObject({ status: 0 });
  onTestFinished(async () => void (await stack.vitrine('start', 'order-service')));
  const { status, stdout, stderr } = await stack.vitrine('k6', 'smoke');
  expect(status).toBe(1);
  expect(stderr).toMatch(/^Thresholds of k6 have failed: see ✗ above\.$/m);
  expect(stdout).toMatch(/^✗ http_req_failed rate==0: 0\.\d+$/m);
  expect(stdout).toMatch(/^failed +GET \/checkout|^failed +POST \/product\/:slug +503 .* [0-9a-f]{32}$/m);
});

plain.for(k6Tests)('When k6 reads the test %s, then it is valid, and has thresholds', async (name) => {
  const { status, stdout } = await k6(['inspect', `k6/${name}.js`]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout).thresholds).toMatchObject({ checks: expect.any(Array) });
});

plain.for([
  [{ RATE: 'much' }, 'RATE must be a whole number from 1 to 9999, not "much".'],
  [{ DURATION: '5 minutes' }, 'DURATION must be a time such as 90s, 5m or 1h30m, not "5 minutes".'],
  [{ BASE_URL: '127.0.0.1:5000' }, 'BASE_URL must be an address such as http://127.0.0.1:5000'],
  [{ FAULT_TOKEN: 'token', DURATION: '1h' }, 'DURATION must be 14m at most: a fault lasts no longer.'],
  [{ BASE_URL: 'http://127.0.0.1:9' }, 'The shop at http://127.0.0.1:9 does not answer.'],
] as const)('When k6 gets %o, then a sentence says what is wrong', async ([environment, sentence]) => {
  const { status, output } = await k6(['run', '--quiet', '--no-usage-report', 'k6/load.js'], environment);
  expect(status).toBe(108);
  expect(output.replaceAll('\\"', '"')).toContain(`test aborted: ${sentence}`);
});

const token = 'a-token-of-a-fault-switch';

/** What every page of the shop has, so that each is taken for the right one. */
const everyPage = `
  <ul class="products"><a href="/product/x">X</a></ul> <div class="cart"></div> <p class="receipt"></p>
  <a href="/orders" aria-current="page"></a>
  ${['/login', '/register', '/product/x'].map((action) => `<form method="post" action="${action}"><input name="quantity"></form>`)}`;

/** A shop with a fault switch, of which `fault` tells what it is asked; `answer` gives the status of its pages meanwhile. */
async function openFakeShop(answer: (page: number) => number) {
  const fault: unknown[] = [];
  let pages = 0;
  const server = createServer(({ method, url, headers }, response) => {
    response.setHeader('X-Trace-Id', 'f'.repeat(32));
    if (url === '/internal/faults') {
      fault.push([method, headers.authorization]);
      response.end();
    } else if (method === 'POST') {
      response.writeHead(303, { Location: '/' }).end();
    } else {
      if (fault.length > 0) pages += 1;
      response.writeHead(pages > 0 ? answer(pages) : 200).end(everyPage);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const places = findPlaces({ VITRINE_HOME: temporaryFolder() });
  const { PATH, HOME } = shell;
  const settings = readSettings(places, { PATH, HOME, FRONTEND_PORT: String(port), FAULT_TOKEN: token });
  return { fault, settings };
}

plain.for([
  ['one page in ten fails', (page: number) => (page % 10 === 0 ? 503 : 200), true],
  ['no page fails', () => 200, false],
] as const)(
  'When there is a load and %s, then it sees whether the share of errors is as wanted',
  async ([_, answer, isWanted]) => {
    const { fault, settings } = await openFakeShop(answer);
    const run = { test: 'load', rate: 200, duration: '1s', output: 'file' } as const;
    const { passed, summaryFile } = await runK6({ ...run, settings, report, signal });
    const { thresholds = {} } = readSummary(summaryFile).metrics['http_req_failed{scenario:load}'] ?? {};
    expect(Object.values(thresholds).every(({ ok }) => ok)).toBe(isWanted);
    if (!isWanted) expect(passed).toBe(false);
    expect(fault).toEqual(['PUT', 'DELETE'].map((method) => [method, `Bearer ${token}`]));
  },
);

plain('When a load is interrupted, then its fault is removed before it ends', async () => {
  const interruption = new AbortController();
  const { fault, settings } = await openFakeShop(() => {
    interruption.abort(new Error('enough'));
    return 200;
  });
  const run = runK6({ test: 'load', settings, report, signal: interruption.signal, output: 'file' });
  await expect(run).rejects.toThrow('enough');
  expect(fault.at(-1)).toEqual(['DELETE', `Bearer ${token}`]);
});

test('When Ctrl-C is pressed, then k6 ends gently, and nothing stays behind', async ({ stack }) => {
  const args = ['k6', 'journey', '--duration', '10m'];
  const child = spawn(join(root, 'vitrine'), args, { env: stack.environment, detached: true });
  const closed = once(child, 'close');
  const stderr = text(child.stderr);
  // Both k6 and ./vitrine write here: it ends with the later one.
  for await (const chunk of child.stdout) {
    if (String(chunk).includes('running (')) process.kill(-(child.pid ?? 0), 'SIGINT');
  }
  expect(await closed).toEqual([130, null]);
  // At a second signal k6 would end without this line, and without teardown.
  expect(await stderr).toMatch(
    /test run was aborted because k6 received a 'interrupt' signal"\nInterrupted\.\n$/,
  );
});

plain('When ./vitrine is killed during a load, then k6 ends, and its fault is removed', async () => {
  const { fault, settings } = await openFakeShop(() => 200);
  const script = `
    const { runK6 } = await import(${JSON.stringify(join(root, 'lab/src/k6/run-k6.ts'))});
    const { signal } = new AbortController();
    await runK6({ test: 'load', settings: ${JSON.stringify(settings)}, report() {}, signal, output: 'file' });`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    stdio: 'inherit',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await expect.poll(() => fault, { timeout: 30_000 }).toHaveLength(1);
  child.kill('SIGKILL');
  await expect.poll(() => fault.at(-1), { timeout: 30_000 }).toEqual(['DELETE', `Bearer ${token}`]);
});
