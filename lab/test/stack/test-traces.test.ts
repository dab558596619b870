import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import { test } from './stack-test.ts';
import { root, type Site } from './start-stack.ts';

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
  await stack.vitrine('stop', 'otel-collector');
  const { status, stderr } = await testTraces(stack);
  expect(status).toBe(1);
  for (const service of services)
    expect(stderr).toMatch(new RegExp(`^Jaeger lacks ${service} in (\\d+) of \\1 `, 'm'));
});

test('When a page fails, then test_traces.sh says which', async ({ stack }) => {
  await stack.vitrine('start', 'otel-collector');
  await stack.vitrine('stop', 'product-service');
  const { status, stderr } = await testTraces(stack);
  expect(status).toBe(1);
  expect(stderr).toContain("A customer can't fill a cart");
});

test.for([
  ['jaeger', 'Jaeger at http://127.0.0.1:'],
  ['frontend', 'The shop at http://127.0.0.1:'],
] as const)('When %s is stopped, then test_traces.sh says so at once', async ([part, words], { stack }) => {
  await stack.vitrine('stop', part);
  const { status, stderr } = await testTraces(stack);
  expect(status).toBe(1);
  expect(stderr).toContain(words);
});

type Outcome = { status: number; stdout: string; stderr: string };

function testTraces({ environment }: Site): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(join(root, 'test_traces.sh'), { env: environment }, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode ?? -1, stdout, stderr });
    });
  });
}
