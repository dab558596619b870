import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { clearSwitches, setSwitch } from '../../src/faults/fault-switch.ts';
import { findPlaces, readSettings } from '../../src/settings.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { backendsOf } from './backends.ts';
import { pidOf, readStatus } from './part-status.ts';
import { startCommand } from './scenario.ts';
import { test } from './stack-test.ts';
import { root, type Site } from './start-stack.ts';

const soon = { timeout: 60_000 };
const tailSampling = join(root, 'examples/pipelines/tail-sampling.yaml');

/** The configuration files of the collector that runs. */
const filesOf = (site: Site) =>
  readFileSync(`/proc/${pidOf(site, 'otel-collector')}/cmdline`, 'utf8').match(/[^/]+\.yaml/g);

/** Opens a page that no customer of the comparison opens, and resolves to the trace ids. */
async function openPages({ urls }: Site, count: number, status: number): Promise<string[]> {
  const traceIds: string[] = [];
  for (let page = 0; page < count; page += 1) {
    const response = await fetch(`${urls.frontend}/register`);
    expect(response.status).toBe(status);
    traceIds.push(response.headers.get('x-trace-id') ?? '');
  }
  return traceIds;
}

/** How often the page was opened, by span metrics since the collector's start. */
const opened =
  'traces_span_metrics_calls_total{service_name="frontend",span_name="GET /register",span_kind="SPAN_KIND_SERVER"}';

test('When tail sampling is tried, then failed requests keep their traces, few others do, and span metrics count all; Ctrl-C ends it', async ({
  stack,
}) => {
  const { jaeger, prometheus } = backendsOf(stack);
  const count = async (metric: string) => (await prometheus.query(`sum(${metric}) or vector(0)`))[0]?.value;
  const stored = async (ids: readonly string[]) => {
    const traces = await Promise.all(ids.map((id) => jaeger.traceById(id)));
    return traces.filter((trace) => trace !== undefined).length;
  };
  const settings = readSettings(findPlaces(stack.environment), stack.environment);
  const args = ['compare', tailSampling, '--seconds', '120'];
  const { child, ended } = await startCommand(stack, args, 'Customers open');
  expect(filesOf(stack)).toEqual(['otel-collector-config.yaml', 'tail-sampling.yaml']);
  await expect.poll(() => count(opened), soon).toBe(0);
  const healthy = await openPages(stack, 60, 200);
  const fault = { error_rate: 1, error_status: 503, routes: ['/register'] };
  await setSwitch({ settings }, 'frontend', fault, { durationSeconds: 60 });
  const failed = await openPages(stack, 5, 503);
  expect(await clearSwitches({ settings }, ['frontend'])).toEqual([]);

  await expect.poll(() => stored(failed), soon).toBe(5);
  expect(await stored(healthy)).toBeLessThan(20);
  await expect.poll(() => count(opened), soon).toBe(65);

  child.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(filesOf(stack)).toEqual(['otel-collector-config.yaml']);
  const again = await openPages(stack, 5, 200);
  await expect.poll(() => stored(again), soon).toBe(5);
});

test('When the comparison is killed, then the next command gives the collector its own configuration back', async ({
  stack,
}) => {
  const { child, ended } = await startCommand(stack, ['compare', tailSampling], 'Customers open');
  child.kill('SIGKILL');
  await ended;
  expect((await stack.vitrine('status')).stdout).toContain(
    'The comparison ended without undoing what it had changed. It is undone now …',
  );
  expect(filesOf(stack)).toEqual(['otel-collector-config.yaml']);
  expect((await readStatus(stack)).states['otel-collector']).toBe('ready');
});

test('When a file cannot be tried, then a sentence says why, and the collector runs on', async ({
  stack,
}) => {
  const pid = pidOf(stack, 'otel-collector');
  const missing = await stack.vitrine('compare', 'nowhere.yaml');
  expect(missing).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^There is no .*nowhere\.yaml\.\n$/),
  });
  const broken = join(temporaryFolder(), 'broken.yaml');
  writeFileSync(broken, 'service: { pipelines: { traces: { exporters: [nobody] } } }');
  const { status, stderr } = await stack.vitrine('compare', broken);
  expect(status).toBe(1);
  expect(stderr).toContain(`otel-collector-config.yaml with ${broken}:`);
  expect(stderr).toContain('references exporter "nobody" which is not configured');
  expect(stderr).toContain('otel-collector runs as it did before.');
  expect(pidOf(stack, 'otel-collector')).toBe(pid);
});

test('When the file that docs/try-a-change.md shows is checked, then the collector accepts it', async ({
  stack,
}) => {
  const page = readFileSync(join(root, 'docs/try-a-change.md'), 'utf8');
  const file = join(temporaryFolder(), 'shown.yaml');
  writeFileSync(file, /^```yaml\n(.*?)^```$/ms.exec(page)?.[1] ?? '');
  const pipeline = join(root, 'otel-collector-config.yaml');
  expect(await stack.vitrine('pipeline', 'check', pipeline, file)).toMatchObject({
    ...{ status: 0, stderr: '' },
    stdout: `The collector accepts ${pipeline} with ${file}\n`,
  });
});

test('When no figures are kept, then there is nothing to compare with', async ({ stack }) => {
  const { status, stderr } = await stack.vitrine('compare');
  expect(status).toBe(2);
  expect(stderr).toContain('./vitrine compare --save keeps those of now');
});
