import { describe, expect, onTestFinished, vi } from 'vitest';
import { poll } from '../../src/poll.ts';
import type { Span } from '../../src/query/span.ts';
import { fillIn } from '../../src/verify/fill-in.ts';
import { asOpened, dashboards, panels, readDataSources } from '../grafana-files.ts';
import { type Backends, backendsOf } from './backends.ts';
import { newCustomer } from './customer.ts';
import { lately, services, whatPanelLacks } from './panel.ts';
import { test as base } from './stack-test.ts';
import { steadyTraffic } from './traffic.ts';

const starts = { limit: 10, direction: 'backward' } as const;

/** The backends of a shop in which a customer has ordered something and goes on looking around. */
const test = base.extend('shop', { scope: 'file' }, async ({ stack }, { onCleanup }) => {
  const backends = backendsOf(stack);
  const { browser } = await newCustomer(stack);
  const ordersBefore = await ordersCompleted(backends);
  await browser.submit(await browser.open('/product/laptop-pro'), '/product/laptop-pro', { quantity: '2' });
  const ordered = await browser.submit(await browser.open('/checkout'), '/checkout/process');
  const traffic = steadyTraffic({
    home: () => browser.open('/'),
    cart: () => browser.open('/checkout'),
    orders: () => browser.open('/orders'),
  });
  onCleanup(async () => {
    await traffic.stop();
  });
  return { ...backends, ordersBefore, traceId: ordered.headers.get('x-trace-id') ?? '' };
});

describe('When people shop', () => {
  test.for(dashboards)('then every panel of $title shows something', async (dashboard, { shop }) => {
    await eventually(async () => {
      const lacks = await Promise.all(
        dashboard.panels.map(async (panel) => [panel.title, await whatPanelLacks(dashboard, panel, shop)]),
      );
      expect(lacks.filter(([, lack]) => lack !== undefined)).toEqual([]);
    });
  });

  test('then the overview counts the order', async ({ shop }) => {
    await eventually(async () => expect(await ordersCompleted(shop)).toBeGreaterThan(shop.ordersBefore));
  });

  test.for(dashboards)(
    'then the variable of $title offers every service',
    async ({ templating }, { shop }) => {
      const [, metric, label = ''] =
        /^label_values\((.+), (\w+)\)$/.exec(templating.list[0]?.query.query ?? '') ?? [];
      await eventually(async () => {
        const samples = await shop.prometheus.query(`group by (${label}) (${metric})`);
        expect(samples.map(({ labels }) => labels[label]).toSorted()).toEqual(services);
      });
    },
  );

  test('then every rule and every mark on a graph is evaluated without error', async ({ shop }) => {
    for (const dashboard of dashboards) {
      for (const { datasource, expr } of dashboard.annotations.list) {
        const query = asOpened(dashboard, expr);
        if (datasource.uid === 'prometheus') await shop.prometheus.query(query);
        else
          expect((await shop.loki.queryRange(query, { ...lately(), ...starts })).length).toBeGreaterThan(0);
      }
    }
    await eventually(async () => {
      const rules = await shop.prometheus.rules();
      expect(rules.length).toBeGreaterThan(0);
      expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    });
  });

  test('then an exemplar leads to its trace', async ({ shop }) => {
    const queries = panels.flatMap(({ dashboard, panel }) =>
      panel.targets.filter(({ exemplar }) => exemplar).map(({ expr }) => asOpened(dashboard, expr)),
    );
    const destination = source(shop, 'prometheus').exemplarTraceIdDestinations[0];
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) {
      await eventually(async () => {
        const found = await shop.prometheus.queryExemplars(query, lately());
        const traceId = found[0]?.labels[destination?.name ?? ''] ?? '';
        expect(await shop.jaeger.traceById(traceId)).toBeDefined();
      });
    }
  });
});

describe('When someone looks at the trace of a purchase', () => {
  test('then a span leads to the log lines of its trace, and marks its own', async ({ shop }) => {
    const span = await serverSpan(shop, 'order-service');
    const query = fillIn(source(shop, 'jaeger').tracesToLogsV2?.query ?? '', {
      '__span.traceId': span.traceId,
      '__span.spanId': span.spanId,
    });
    await eventually(async () => {
      const lines = await shop.loki.queryRange(query, { ...lately(), limit: 100, direction: 'forward' });
      const marked = lines.filter(({ body }) => body.startsWith('→ order-service: '));
      expect(new Set(lines.map(({ labels }) => labels.service_name))).toEqual(new Set(services));
      expect(marked.length).toBeGreaterThan(0);
      expect(marked).toEqual(lines.filter(({ metadata }) => metadata.span_id === span.spanId));
    });
  });

  test('then a span leads to the metrics of its process', async ({ shop }) => {
    const span = await serverSpan(shop, 'frontend');
    const { tags = [], queries = [] } = source(shop, 'jaeger').tracesToMetrics ?? {};
    const labels = tags.map(({ key, value }) => `${value}="${span.resource[key]}"`);
    expect(queries.length).toBeGreaterThan(0);
    for (const { name, query } of queries) {
      await eventually(async () => {
        const samples = await shop.prometheus.query(fillIn(query, { __tags: labels.join(', ') }));
        expect(samples.filter(({ value }) => Number.isFinite(value)).length, name).toBeGreaterThan(0);
      });
    }
  });

  test('then a log line leads back to it', async ({ shop }) => {
    const field = source(shop, 'loki').derivedFields[0];
    await eventually(async () => {
      const query = `{service_namespace="vitrine"} | trace_id="${shop.traceId}"`;
      const [line] = await shop.loki.queryRange(query, { ...lately(), limit: 1, direction: 'forward' });
      const traceId = line?.metadata[field?.matcherRegex ?? ''] ?? '';
      const trace = await shop.jaeger.traceById(fillIn(field?.url ?? '', { '__value.raw': traceId }));
      expect(trace?.traceId).toBe(shop.traceId);
    });
  });
});

describe('When a service', () => {
  const all = Object.fromEntries(services.map((service) => [service, 1]));
  const { 'order-service': _, ...others } = all;
  const tilesOf = async (backends: Backends) => {
    const tiles = await ask(backends, 'Services');
    return Object.fromEntries(tiles.map(({ labels, value }) => [labels.service_name, value]));
  };
  const alarmed = async ({ prometheus }: Backends, states: readonly string[]) => {
    const alerts = await prometheus.alerts();
    const down = alerts.filter(({ name, state }) => name === 'ServiceDown' && states.includes(state));
    for (const { annotations } of down) {
      const runbook = await fetch(annotations.runbook_url ?? '');
      expect(runbook.status).toBe(200);
      expect(await runbook.text()).toContain('A service');
    }
    return down.map(({ labels }) => labels.service_name);
  };
  const allAreUp = (backends: Backends) =>
    eventually(async () => {
      expect(await tilesOf(backends)).toEqual(all);
      expect(await alarmed(backends, ['pending', 'firing'])).toEqual([]);
    });

  test('is killed, then the overview and an alert say so, until it is back', async ({ stack, shop }) => {
    await allAreUp(shop);
    await stack.vitrine('kill', 'order-service');
    await eventually(async () => {
      expect(await tilesOf(shop)).toEqual({ ...all, 'order-service': 0 });
      expect(await alarmed(shop, ['firing'])).toEqual(['order-service']);
      expect((await ask(shop, 'Firing alerts')).map(({ value }) => value)).not.toEqual([0]);
      const down = (await ask(shop, 'Alerts')).filter(({ labels }) => labels.alertname === 'ServiceDown');
      expect(down).toMatchObject([
        {
          labels: {
            alertstate: 'firing',
            severity: 'critical',
            affected: expect.stringMatching(/^ *order-service *$/),
          },
        },
      ]);
      // A time in ms, for the column "Since".
      expect(Math.abs(Date.now() - (down[0]?.value ?? 0))).toBeLessThan(240_000);
    });
    await stack.vitrine('start', 'order-service');
    await allAreUp(shop);
  });

  test('is asked to end, then the overview leaves it out, and no alert is raised', async ({
    stack,
    shop,
  }) => {
    await allAreUp(shop);
    await stack.vitrine('stop', 'order-service');
    onTestFinished(async () => void (await stack.vitrine('start', 'order-service')));
    await eventually(async () => {
      expect(await alarmed(shop, ['pending', 'firing'])).toEqual([]);
      expect(await tilesOf(shop)).toEqual(others);
    });
    await stack.vitrine('start', 'order-service');
    await allAreUp(shop);
  });
});

async function serverSpan(
  { jaeger, traceId }: Backends & { traceId: string },
  service: string,
): Promise<Span> {
  const find = async () => {
    const trace = await jaeger.traceById(traceId);
    return trace?.spans.find((span) => span.kind === 'server' && span.service === service);
  };
  const span = await poll(find, { intervalMs: 250, limitMs: 60_000 });
  if (!span) throw new Error(`Trace ${traceId} has no span of ${service}.`);
  return span;
}

async function ordersCompleted(backends: Backends): Promise<number> {
  const [orders] = await ask(backends, 'Orders completed');
  return orders?.value ?? 0;
}

/** Waits: telemetry takes some seconds, and a rate needs two samples. */
function eventually(check: () => Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: 90_000, interval: 500 });
}

/** Runs the first query of a panel of the overview. */
function ask({ prometheus }: Backends, title: string) {
  const overview = panels.filter(({ dashboard }) => dashboard.uid === 'overview');
  const found = overview.find(({ panel }) => panel.title === title);
  if (!found) throw new Error(`The overview has no panel ${title}.`);
  return prometheus.query(asOpened(found.dashboard, found.panel.targets[0]?.expr ?? ''));
}

function source({ urls }: Backends, uid: string) {
  const found = readDataSources(urls).find((one) => one.uid === uid);
  if (!found) throw new Error(`There is no data source ${uid}.`);
  return found.jsonData;
}
