import { describe, expect, onTestFinished } from 'vitest';
import { stateOf } from './part-status.ts';
import { readFacts, startScenario } from './scenario.ts';
import { test } from './stack-test.ts';

describe('When a scenario is run', () => {
  test('that kills a service, then it proves that in three backends and repairs it, and its report tells how long it took', async ({
    stack,
  }) => {
    const { status, stdout, stderr } = await stack.vitrine('scenario', 'crash', '--fast');
    expect({ status, stdout, stderr }).toMatchObject({ status: 0, stderr: '' });
    const facts = readFacts(stack, 'crash');
    expect(facts).toMatchObject({ outcome: 'passed', mode: 'native', reasons: [] });
    expect(new Set(facts.checks.map(({ source }) => source))).toEqual(
      new Set(['prometheus', 'jaeger', 'loki']),
    );
    expect(facts.checks.map(({ outcome }) => outcome)).not.toContain('missed');
    expect(facts.secondsToDetect).toBeLessThan(45);
    const [alert] = facts.alerts.filter(({ name }) => name === 'ServiceDown');
    expect(alert?.pendingMs).toBeLessThan(Number(alert?.firingMs));
    expect(alert?.firingMs).toBeLessThan(Number(alert?.resolvedMs));
    expect(facts.requests.failed).toBeGreaterThan(10);
    expect(facts.traces.map(({ what }) => what).join('\n')).toContain('product-service');
    for (const { series } of facts.plots) expect(series.map(({ name }) => name)).toContain('frontend');
    expect(await stateOf(stack, 'product-service')).toBe('ready');
  });

  test('and interrupted while the collector is down, then that is started again, and the exit status says so', async ({
    stack,
  }) => {
    const { child, ended } = await startScenario(stack, 'collector-outage', 'Fault:');
    await expect.poll(() => stateOf(stack, 'otel-collector'), { timeout: 30_000 }).toBe('ended');
    const refused = await stack.vitrine('scenario', 'crash');
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toContain('The scenario collector-outage is running (process');
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(await stateOf(stack, 'otel-collector')).toBe('ready');
  });

  test('while a backend is away, then it is refused before anything is broken', async ({ stack }) => {
    onTestFinished(async () => void (await stack.vitrine('start', 'prometheus')));
    await stack.vitrine('stop', 'prometheus');
    const { status, stderr } = await stack.vitrine('scenario', 'crash', '--fast');
    expect(status).toBe(1);
    expect(stderr).toContain('The whole shop has to be ready first, but prometheus is stopped');
    expect(await stateOf(stack, 'product-service')).toBe('ready');
  });
});
