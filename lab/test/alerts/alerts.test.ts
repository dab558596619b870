import { expect } from 'vitest';
import type { Breaker } from '../../src/faults/break-shop.ts';
import { clearSwitches, setSwitch } from '../../src/faults/fault-switch.ts';
import { serviceNames } from '../../src/part-names.ts';
import { pause } from '../../src/poll.ts';
import { watchAlerts } from '../../src/scenario/alert-watch.ts';
import { runScenario } from '../../src/scenario/run-scenario.ts';
import { parseScenario } from '../../src/scenario/scenario.ts';
import { findPlaces, readSettings } from '../../src/settings.ts';
import { startTraffic } from '../../src/traffic/traffic.ts';
import { backendsOf } from '../stack/backends.ts';
import { test } from '../stack/stack-test.ts';
import type { Site } from '../stack/start-stack.ts';

type Cause = {
  alert: string;
  labels: Record<string, string>;
  seconds: number;
  fault: object;
  pagesPerSecond?: number;
};

/**
 * What makes an alert fire, and the seconds that its rule implies: until telemetry is recorded (15), until the window shows
 * it, and the rule's own patience. The patience of a busy machine is 20 s.
 */
const causes: readonly Cause[] = [
  {
    ...{ alert: 'HighErrorRate', labels: { service_name: 'product-service' }, seconds: 75 },
    fault: { switch: 'product-service', error_rate: 0.5 },
  },
  {
    ...{ alert: 'HighLatency', labels: { service_name: 'product-service' }, seconds: 80 },
    fault: { switch: 'product-service', latency_ms: 800 },
  },
  {
    ...{ alert: 'CheckoutFailing', labels: { service_name: 'frontend' }, seconds: 105 },
    fault: { switch: 'order-service', error_rate: 1, routes: ['/api/order/checkout'] },
  },
  {
    ...{ alert: 'DatabasePoolExhausted', labels: { service_name: 'product-service' }, seconds: 55 },
    ...{ fault: { switch: 'product-service', db_latency_ms: 700 }, pagesPerSecond: 40 },
  },
  {
    ...{ alert: 'ServiceDown', labels: { service_name: 'order-service' }, seconds: 31 },
    fault: { kill: 'order-service' },
  },
  { ...{ alert: 'PipelineDown', labels: { job: 'jaeger' }, seconds: 21 }, fault: { kill: 'jaeger' } },
  {
    ...{ alert: 'TelemetryLost', labels: { exporter: 'otlp_http/loki' }, seconds: 35 },
    fault: { pause: 'loki' },
  },
];

/** Promtool sees these: their windows are of hours. */
const slow = ['ErrorBudgetBurn'];

const settingsOf = ({ environment }: Site) => readSettings(findPlaces(environment), environment);

/** Breaks the shop as scenarios do, by its commands. */
function breakerOf(stack: Site): Breaker {
  const settings = settingsOf(stack);
  const command = async (...args: readonly string[]) =>
    expect(await stack.vitrine(...args)).toMatchObject({ status: 0 });
  return {
    async inject(fault, options) {
      if ('kill' in fault) await command('kill', fault.kill);
      else if ('pause' in fault) await command('pause', fault.pause);
      else if ('switch' in fault) {
        const { switch: service, ...effect } = fault;
        await setSwitch({ settings }, service, effect, options);
      }
    },
    async repair() {
      await command('up');
      await clearSwitches({ settings });
    },
  };
}

test('When the shop is started, used for ten minutes and restarted service by service, then no alert fires', async ({
  stack,
  signal,
}) => {
  const alerts = watchAlerts(backendsOf(stack).prometheus);
  const traffic = await startTraffic(settingsOf(stack), 5);
  try {
    for (const service of serviceNames) {
      await pause(120_000, signal);
      expect(await stack.vitrine('restart', service)).toMatchObject({ status: 0 });
    }
    await pause(120_000, signal);
    expect(alerts.seen().filter(({ firingMs }) => firingMs !== undefined)).toEqual([]);
    expect(traffic.pages).toMatchObject({ failed: 0 });
  } finally {
    await traffic.stop();
    await alerts.stop();
  }
});

test('Every alert has a cause here, unless its windows are of hours', async ({ stack }) => {
  const rules = await backendsOf(stack).prometheus.rules();
  const alerts = rules.flatMap(({ type, name }) => (type === 'alerting' ? name : []));
  expect(new Set([...causes.map(({ alert }) => alert), ...slow])).toEqual(new Set(alerts));
});

test.for(causes)(
  'When the shop is broken by $fault, then $alert fires in time, and resolves after the repair',
  async ({ alert, labels, seconds, fault, pagesPerSecond = 5 }, { stack, signal }) => {
    const scenario = parseScenario(
      alert,
      JSON.stringify({
        ...{ title: alert, story: alert, improve: [alert], fault },
        traffic: { pages_per_second: pagesPerSecond },
        signs: [{ alert, labels, within: `${seconds + 20}s` }],
      }),
    );
    const stores = backendsOf(stack);
    const alerts = watchAlerts(stores.prometheus);
    const traffic = await startTraffic(settingsOf(stack), pagesPerSecond);
    const breaker = breakerOf(stack);
    try {
      const { outcome, reasons, checks } = await runScenario({
        ...{ scenario, backends: { ...stores, alerts }, breaker, pages: () => traffic.pages },
        ...{ isFast: true, report: () => undefined, signal },
      });
      expect({ outcome, reasons }).toEqual({ outcome: 'passed', reasons: [] });
      for (const { what, afterSeconds, withinSeconds } of checks) {
        // biome-ignore lint/suspicious/noConsole: figures for whoever reads the run
        console.info(`${what}: after ${afterSeconds} of ${withinSeconds} s`);
      }
    } finally {
      await breaker.repair();
      await traffic.stop();
      await alerts.stop();
    }
  },
);
