import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prepareCheckout } from '../stack/own-checkout.ts';
import type { Site } from '../stack/start-stack.ts';

/** Changes a file of the checkout, and returns how to change it back. */
function edit(file: string, [before, after]: readonly [RegExp, string]) {
  const path = join(checkout, file);
  const original = readFileSync(path, 'utf8');
  expect(original).toMatch(before);
  writeFileSync(path, original.replace(before, after));
  return () => writeFileSync(path, original);
}

/** Sends a metric to the collector as the frontend might: with one point for each of these labels. */
async function sendMetric({ ports }: Site, name: string, points: readonly Record<string, string>[]) {
  const attributes = (values: Record<string, string>) =>
    Object.entries(values).map(([key, value]) => ({ key, value: { stringValue: value } }));
  const resource = attributes({
    ...{ 'service.name': 'frontend', 'service.namespace': 'vitrine', 'service.instance.id': 'sabotage' },
  });
  const timeUnixNano = String(BigInt(Date.now()) * 1_000_000n);
  const dataPoints = points.map((each) => ({ asInt: '1', timeUnixNano, attributes: attributes(each) }));
  const sum = { aggregationTemporality: 2, isMonotonic: true, dataPoints };
  const scopeMetrics = [{ metrics: [{ name, unit: '{thing}', sum }] }];
  const answer = await fetch(`http://127.0.0.1:${ports['otel-collector-http']}/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceMetrics: [{ resource: { attributes: resource }, scopeMetrics }] }),
  });
  expect(answer.status).toBe(200);
}

let site: Site;
let checkout: string;
const ends: (() => void | Promise<void>)[] = [];

beforeAll(async () => {
  ({ site, checkout } = await prepareCheckout((end) => ends.unshift(end)));
  const { status, stdout, stderr } = await site.vitrine('up');
  if (status !== 0) throw new Error(`./vitrine up ended with exit status ${status}:\n${stdout}${stderr}`);
});

afterAll(async () => {
  for (const end of ends) await end();
});

async function verify() {
  const { status, stdout, stderr } = await site.vitrine('verify');
  return { status, said: stdout + stderr };
}

/** Edits a service and restarts it. */
async function changeService(
  service: 'frontend' | 'order-service',
  file: string,
  change: readonly [RegExp, string],
) {
  const repair = edit(join(service, file), change);
  expect(await site.vitrine('restart', service)).toMatchObject({ status: 0 });
  return async () => {
    repair();
    await site.vitrine('restart', service);
  };
}

/** Each returns how it is repaired. */
const sabotages: { name: string; does: () => Promise<() => unknown>; causes: readonly string[] }[] = [
  {
    name: 'a metric is renamed in a service',
    does: () =>
      changeService('order-service', 'src/cart.ts', [
        /createCounter\(metrics\.ordersCreated\)/,
        "createCounter({ ...metrics.ordersCreated, name: 'orders.opened' })",
      ]),
    causes: [
      'metric orders.created of order-service: is declared in service-kit/src/registry, but does not arrive.',
      'metric orders_opened_total in unknown of order-service',
    ],
  },
  {
    name: 'an attribute is removed from a span',
    does: () =>
      changeService('frontend', 'src/checkout.ts', [/'process\.user_id': String\(visitor\.id\), /, '']),
    causes: ['span checkout_process of frontend without process.user_id'],
  },
  {
    name: 'a service sends an undeclared metric with more and more values',
    async does() {
      const points = Array.from({ length: 200 }, (_, index) => ({ city: `town ${index}` }));
      const send = () => sendMetric(site, 'visitors', points);
      await send();
      // The collector forgets a metric that nobody sends for half a minute.
      const again = setInterval(() => void send().catch(() => undefined), 5000);
      return () => clearInterval(again);
    },
    causes: [
      'metric visitors_total in unknown of frontend',
      'visitors_total has 200 series: its label city has 200 values.',
    ],
  },
  {
    name: 'panels ask for a misspelt label, and the uid of a data source is changed',
    async does() {
      const sources = 'grafana/provisioning/datasources/datasources.yaml';
      const repairs = [
        edit('grafana/dashboards/overview.json', [/service_name=~/g, 'servce_name=~']),
        edit(sources, [/^( {4}uid:) loki$/m, '$1 loki-2']),
      ];
      return () => repairs.map((repair) => repair());
    },
    causes: ['has no label servce_name; it has', 'asks the data source loki (loki), which'],
  },
  {
    name: 'the logs pipeline is dropped',
    async does() {
      const pipeline = /\n {4}logs:\n {6}receivers.*\n.*\n.*\n/;
      const repair = edit('otel-collector-config.yaml', [pipeline, '\n']);
      expect(await site.vitrine('restart', 'otel-collector')).toMatchObject({ status: 0 });
      return () => {
        repair();
        return site.vitrine('restart', 'otel-collector');
      };
    },
    causes: ['Has otel-collector-config.yaml a pipeline for them'],
  },
  {
    name: 'Loki is stopped',
    async does() {
      await site.vitrine('stop', 'loki');
      return () => site.vitrine('start', 'loki');
    },
    causes: ['loki is stopped. ./vitrine logs loki shows its end; ./vitrine start loki starts it.'],
  },
  {
    name: 'Prometheus hangs',
    async does() {
      await site.vitrine('pause', 'prometheus');
      return () => site.vitrine('resume', 'prometheus');
    },
    causes: ['prometheus is paused', 'cannot be asked: no answer within 3 s'],
  },
];

test('When nothing is wrong, then every check of verify holds', async () => {
  expect(await verify()).toMatchObject({ status: 0, said: expect.stringMatching(/(\d+) of \1 checks hold/) });
});

test.for(sabotages)('When $name, then verify fails and names the cause', async ({ does, causes }) => {
  const repair = await does();
  try {
    const { status, said } = await verify();
    expect({ status, said }).toMatchObject({ status: 1 });
    for (const cause of causes) expect(said).toContain(cause);
  } finally {
    await repair();
  }
});

test('When all of it is repaired, then every check holds again', async () => {
  expect(await verify()).toMatchObject({ status: 0 });
});
