import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { requestsTo } from '../../../test/request.ts';
import { watchAlerts } from '../../src/scenario/alert-watch.ts';
import { runScenario } from '../../src/scenario/run-scenario.ts';
import { readScenario, scenarioNames } from '../../src/scenario/scenario.ts';
import { findPlaces, readSettings } from '../../src/settings.ts';
import { startTraffic, type Traffic } from '../../src/traffic/traffic.ts';
import { backendsOf } from '../stack/backends.ts';
import { readFacts, startScenario } from '../stack/scenario.ts';
import { test } from '../stack/stack-test.ts';
import { prepareSite, root, type Site } from '../stack/start-stack.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** Runs a scenario whose fault is accepted, and does nothing. */
async function runNeutered({ ports }: Site, name: string, { pages }: Traffic, signal: AbortSignal) {
  const stores = backendsOf({ ports });
  const alerts = watchAlerts(stores.prometheus);
  const nothing = async () => undefined;
  try {
    return await runScenario({
      scenario: readScenario(name),
      backends: { ...stores, alerts },
      breaker: { inject: nothing, repair: nothing },
      pages: () => pages,
      isFast: true,
      report: () => undefined,
      signal,
    });
  } finally {
    await alerts.stop();
  }
}

test('When a fault does nothing, then its scenario fails, and says of every sign that it was not seen', async ({
  stack,
  signal,
}) => {
  const { environment } = stack;
  const traffic = await startTraffic(readSettings(findPlaces(environment), environment), 5);
  try {
    const names = scenarioNames();
    const runs = await Promise.all(names.map((name) => runNeutered(stack, name, traffic, signal)));
    for (const [index, { outcome, checks, reasons }] of runs.entries()) {
      const signs = readScenario(names[index] ?? '').signs.length;
      expect(outcome).toBe('failed');
      expect(checks.filter((check) => check.phase === 'fault' && check.outcome === 'missed')).toHaveLength(
        signs,
      );
      expect(reasons.length).toBeGreaterThanOrEqual(signs);
    }
  } finally {
    await traffic.stop();
  }
});

test('When there is no rule for an alert, then a scenario that expects it fails, and says so', async () => {
  const checkout = copyWithoutRule('ServiceDown');
  const site = await prepareSite({}, checkout);
  onTestFinished(site.stop);
  expect(await site.vitrine('up')).toMatchObject({ status: 0 });
  const { status, stdout } = await site.vitrine('scenario', 'crash', '--fast');
  expect(status).toBe(1);
  expect(stdout).toContain(
    'Not seen within 45 s: the alert ServiceDown of product-service fires. Last seen: it is inactive.',
  );
  expect(readFacts(site, 'crash').checks.filter(({ outcome }) => outcome === 'missed')).toHaveLength(1);
});

/** A copy of this repository whose Prometheus lacks one rule. */
function copyWithoutRule(alert: string): string {
  const folder = temporaryFolder();
  const isCopied = (path: string) => !['node_modules', '.git', '.vitrine', '.env'].includes(basename(path));
  cpSync(root, folder, { recursive: true, verbatimSymlinks: true, filter: isCopied });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const file = join(folder, 'prometheus/rules/alerts.yml');
  const rules: { groups: { rules: { alert?: string }[] }[] } = parse(readFileSync(file, 'utf8'));
  for (const group of rules.groups) group.rules = group.rules.filter((rule) => rule.alert !== alert);
  writeFileSync(file, stringify(rules));
  return folder;
}

test('When Prometheus ends in the middle of a scenario, then that fails, and Prometheus is started again', async ({
  stack,
}) => {
  const { ended } = await startScenario(stack, 'crash', 'Fault:');
  await stack.vitrine('stop', 'prometheus');
  expect(await ended).toBe(1);
  expect(readFacts(stack, 'crash').reasons.join()).toContain('Prometheus at http://127.0.0.1');
  expect((await stack.vitrine('status')).status).toBe(0);
});

test('When the shop shows the signs of the fault before, then the scenario is void, and nothing is broken', async ({
  stack,
}) => {
  const { values } = readSettings(findPlaces(stack.environment), stack.environment);
  const ask = requestsTo(stack.urls['product-service']);
  const fault = { error_rate: 0.5, duration_s: 600 };
  const set = await ask('PUT /internal/faults', { apiKey: values.FAULT_TOKEN, json: fault });
  expect(set).toMatchObject({ status: 200 });
  onTestFinished(async () => void (await ask('DELETE /internal/faults', { apiKey: values.FAULT_TOKEN })));
  const { status, stdout } = await stack.vitrine('scenario', 'errors', '--fast');
  expect(status).toBe(3);
  expect(stdout).toContain('The scenario errors is void: it proves nothing.');
  expect(stdout).not.toContain('Fault:');
  expect(readFacts(stack, 'errors').outcome).toBe('void');
});

test('When the report cannot be written, then the shop is repaired all the same, and the exit status tells', async ({
  stack,
}) => {
  const reports = join(stack.home, 'reports');
  rmSync(reports, { recursive: true, force: true });
  writeFileSync(reports, 'in the way');
  onTestFinished(() => rmSync(reports));
  const { status, stderr } = await stack.vitrine('scenario', 'loki-down', '--fast');
  expect(status).toBe(1);
  expect(stderr).toContain(
    'The scenario passed, and the shop is as before, but the report cannot be written',
  );
  expect((await stack.vitrine('status')).status).toBe(0);
});
