import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import type { Labels } from '../../src/query/prometheus.ts';
import { storesOf } from '../../src/query/stores.ts';
import { findPlaces, readSettings } from '../../src/settings.ts';
import type { Check } from '../../src/verify/check.ts';
import { checkContract } from '../../src/verify/contract-check.ts';
import { checkDashboards } from '../../src/verify/dashboards.ts';
import { learnNames, type Names } from '../../src/verify/names.ts';
import { whatIsWrong } from '../../src/verify/queries.ts';
import { checkRules, readRules } from '../../src/verify/rules.ts';
import { checkSeries } from '../../src/verify/series.ts';
import { readLines } from '../../src/verify/telemetry.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { lately } from './panel.ts';
import { printedQueries } from './printed-queries.ts';
import { test as base } from './stack-test.ts';
import { root, type Site } from './start-stack.ts';

const verdictSchema = z.object({
  holds: z.boolean(),
  score: z.string(),
  checks: z.array(
    z.object({ group: z.string(), name: z.string(), holds: z.boolean(), problems: z.array(z.string()) }),
  ),
});

/** A shop that was just verified, with the verdict. */
const test = base.extend('verified', { scope: 'file' }, async ({ stack }) => {
  const startMs = Date.now();
  const outcome = await stack.vitrine('verify', '--json');
  return { ...outcome, startMs };
});

test('When the shop is healthy, then every check of verify holds', async ({ verified }) => {
  const { status, stdout, stderr } = verified;
  const { holds, score, checks } = verdictSchema.parse(JSON.parse(stdout));
  expect(checks.filter((check) => !check.holds)).toEqual([]);
  expect({ status, holds, score }).toEqual({
    ...{ status: 0, holds: true, score: `${checks.length} of ${checks.length}` },
  });
  const groups = ['part', 'flow', 'dashboards', 'rules', 'contract', 'series'];
  expect([...new Set(checks.map(({ group }) => group))]).toEqual(groups);
  expect(stderr).toContain('A customer visits the shop');
});

test('When the queries that the docs print are asked, then they find something', async ({
  stack,
  verified,
}) => {
  expect(verified.status).toBe(0);
  const stores = storesFor(stack);
  // The queries for browsers are asked where there is one.
  const pages = globSync('docs/*.md', { cwd: root }).filter((page) => page !== 'docs/browser.md');
  const queries = pages.flatMap(printedQueries);
  expect(queries.length).toBeGreaterThan(10);
  const names = await namesOf(stack);
  for (const { type, text } of queries) {
    const query = { type, text, legend: '', isExemplar: false, isForEvents: false };
    expect(await whatIsWrong(query, stores, names, lately()), text).toEqual([]);
  }
});

describe('When there is telemetry that should not be, then verify names', () => {
  const series = async (stack: Site) => {
    const samples = await storesFor(stack).prometheus.query('{__name__=~".+"}');
    return samples.map(({ labels }) => labels);
  };
  const ofFrontend = { service_name: 'frontend', job: 'vitrine/frontend' };

  test('an undeclared metric', async ({ stack, verified }) => {
    const added: Labels = { ...ofFrontend, __name__: 'carts_abandoned_total' };
    const read = async () => [...(await series(stack)), added];
    const problems = await lookOnce(checkContract(storesFor(stack), read, verified.startMs));
    expect(problems).toEqual([
      'metric carts_abandoned_total in unknown of frontend: arrives, but is not what service-kit/src/registry declares.',
    ]);
  });

  test('a label with many values', async ({ stack }) => {
    const added = Array.from({ length: 200 }, (_, index) => ({
      ...{ ...ofFrontend, __name__: 'user_logins_total', result: 'success', city: `town ${index}` },
    }));
    const problems = await lookOnce(checkSeries(async () => [...(await series(stack)), ...added]));
    expect(problems).toEqual([
      expect.stringMatching(/^user_logins_total has \d+ series: its label city has 201 values\.$/),
    ]);
  });

  test('a label with ids', async ({ stack }) => {
    const added = { ...ofFrontend, __name__: 'user_logins_total', session: '9f8e7d6c5b4a39281706' };
    const problems = await lookOnce(checkSeries(async () => [...(await series(stack)), added]));
    expect(problems).toEqual([expect.stringContaining('user_logins_total: session=9f8e7d6c5b4a39281706')]);
  });
});

test('When Prometheus runs other rules than the files have, then verify says in what they differ', async ({
  stack,
  verified,
}) => {
  expect(verified.status).toBe(0);
  const changes: Record<string, object> = {
    HighErrorRate: { forSeconds: 61, keepFiringForSeconds: 1 },
    HighLatency: { labels: { severity: 'critical' } },
    ServiceDown: { annotations: {}, expr: 'service:up == 1' },
    'service:up': { name: 'service:alive' },
  };
  const rules = readRules(root)
    .filter(({ name, labels }) => name !== 'ErrorBudgetBurn' || labels.window !== '6h')
    .map((rule) => ({ ...rule, ...changes[rule.name] }));
  const names = await namesOf(stack);
  const problems = await lookOnce(checkRules(rules, storesFor(stack), async () => names));
  const differs = 'Prometheus runs another version of it, which differs in';
  const restart = './vitrine restart prometheus reads the files';
  expect(problems.toSorted()).toEqual([
    `ErrorBudgetBurn: Prometheus runs a rule that no file in prometheus/rules has: ${restart}`,
    `prometheus/rules/alerts.yml, HighErrorRate: ${differs} for, keep_firing_for: ${restart}`,
    `prometheus/rules/alerts.yml, HighLatency: ${differs} labels: ${restart}`,
    `prometheus/rules/alerts.yml, ServiceDown: ${differs} expression, annotations: ${restart}`,
    `prometheus/rules/recordings.yml, service:alive: Prometheus does not run it: ${restart}`,
    `service:up: Prometheus runs a rule that no file in prometheus/rules has: ${restart}`,
  ]);
});

test('When files of Grafana are wrong, then verify names the label, the metric, the value and the data source', async ({
  stack,
  verified,
}) => {
  expect(verified.status).toBe(0);
  const folder = join(temporaryFolder(), 'grafana');
  const board = 'dashboards/databases.json';
  const [shop, pipeline] = ['dashboards/shop.json', 'dashboards/pipeline.json'];
  for (const name of ['provisioning', board, shop, pipeline])
    cpSync(join(root, 'grafana', name), join(folder, name), { recursive: true });
  const wrong = [
    {
      file: board,
      change: [/service_name=~/g, 'servce_name=~'],
      problem: /databases\.json, panel “[^”]+”: \S+ has no label servce_name; it has .*service_name/,
    },
    {
      file: board,
      change: [/db_client_connection_pending_requests/g, 'db_client_connection_pending'],
      problem: /databases\.json, panel “[^”]+”: there is no metric db_client_connection_pending\b/,
    },
    {
      file: shop,
      change: [/\/checkout\/process/g, '/checkout/proces'],
      problem: /shop\.json, panel “[^”]+”: http_\S+ has no http_route="\/checkout\/proces"/,
    },
    {
      file: pipeline,
      change: [/\|otelcol_process_memory_rss_bytes/g, '|otelcol_process_rss_bytes'],
      problem: /pipeline\.json, panel “[^”]+”: there is no metric otelcol_process_rss_bytes\b/,
    },
    {
      file: 'provisioning/datasources/datasources.yaml',
      change: [/^( {4}uid:) loki$/m, '$1 loki-2'],
      problem: /asks the data source loki \(loki\), which \S+datasources\.yaml does not have/,
    },
  ] as const;
  for (const { file, change } of wrong) {
    const path = join(folder, file);
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(change[0]);
    writeFileSync(path, text.replace(change[0], change[1]));
  }
  const names = await namesOf(stack);
  const problems = await lookOnce(checkDashboards(dirname(folder), storesFor(stack), async () => names));
  for (const { problem } of wrong) expect(problems).toContainEqual(expect.stringMatching(problem));
});

function storesFor({ environment }: Site) {
  return storesOf(readSettings(findPlaces(environment), environment));
}

/** The names in a shop that was just verified. */
async function namesOf(stack: Site): Promise<Names> {
  const stores = storesFor(stack);
  const series = await stores.prometheus.query('{__name__=~".+"}');
  const lines = await readLines(stores.loki, lately(), 1000);
  return learnNames(
    series.map(({ labels }) => labels),
    lines,
    readRules(root),
  );
}

async function lookOnce(checks: readonly Check[]): Promise<string[]> {
  const { signal } = new AbortController();
  const found = await Promise.all(checks.map(({ look }) => look(signal)));
  return [...new Set(found.flat())];
}
