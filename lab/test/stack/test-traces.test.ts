import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { PartName } from '../../src/part-names.ts';
import { test } from './stack-test.ts';
import { type Outcome, root, type Site } from './start-stack.ts';

const services = ['frontend', 'user-service', 'product-service', 'order-service'];

test('When all is well, then test_traces.sh shows timings of all four services', async ({ stack }) => {
  const { status, stdout, stderr } = await testTraces(stack);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  for (const service of services) {
    const row = new RegExp(
      `^${service} +[1-9]\\d* +[1-9]\\d*( +[\\d.]+ ms){3}  http://\\S+/trace/[0-9a-f]{32}$`,
      'm',
    );
    expect(stdout).toMatch(row);
  }
  expect(stdout).toContain('All 100 requests succeeded');
});

test('When the collector is away, then test_traces.sh says what Jaeger lacks', async ({ stack }) => {
  await stop(stack, 'otel-collector');
  const { status, stderr } = await testTraces(stack);
  expect(status).toBe(1);
  for (const service of services)
    expect(stderr).toMatch(new RegExp(`^Jaeger lacks ${service} in (\\d+) of \\1 `, 'm'));
});

test.for([
  ['product-service', "A customer can't fill a cart"],
  ['jaeger', 'Jaeger at http://127.0.0.1:'],
  ['frontend', 'The shop at http://127.0.0.1:'],
] as const)('When %s is stopped, then test_traces.sh says so at once', async ([part, words], { stack }) => {
  await stop(stack, part);
  const { status, stderr } = await testTraces(stack);
  expect(status).toBe(1);
  expect(stderr).toContain(words);
});

/** Takes a part away until the test ends. */
async function stop({ vitrine }: Site, part: PartName): Promise<void> {
  expect(await vitrine('stop', part)).toMatchObject({ status: 0 });
  onTestFinished(async () => void (await vitrine('start', part)));
}

function testTraces({ environment }: Site): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(join(root, 'test_traces.sh'), { env: environment }, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode ?? -1, stdout, stderr });
    });
  });
}
