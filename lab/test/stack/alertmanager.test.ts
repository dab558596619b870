import { expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { findAlertmanager } from '../../src/native/alertmanager.ts';
import { receivedAlerts } from './received-alerts.ts';
import { test as base } from './stack-test.ts';
import { runVitrine } from './start-stack.ts';

const soon = { timeout: 90_000, interval: 500 };

/** The shop, to which Alertmanager is added. */
const test = base.extend('alerting', { scope: 'file' }, async ({ stack }, { onCleanup }) => {
  const environment: NodeJS.Dict<string> = { ...stack.environment, ALERTING: 'on' };
  const vitrine = async (...args: readonly string[]) =>
    expect(await runVitrine(environment, ...args)).toMatchObject({ status: 0 });
  const program = findAlertmanager(environment.PATH ?? '');
  expect(program, 'Alertmanager, which npm test installs, is not on PATH').toBeDefined();
  onCleanup(async () => {
    await vitrine('stop', 'alertmanager');
    await stack.vitrine('restart', 'prometheus');
  });
  await vitrine('start', 'alertmanager');
  await vitrine('restart', 'prometheus');
  return stack;
});

test('When a part is away, then Alertmanager tells the console, and again when the alert is resolved', async ({
  alerting,
}) => {
  expect(await alerting.vitrine('stop', 'loki')).toMatchObject({ status: 0 });
  onTestFinished(async () => void (await alerting.vitrine('start', 'loki')));
  await expect
    .poll(() => receivedAlerts(alerting), soon)
    .toContainEqual('PipelineDown loki: firing (critical)');
  expect(await alerting.vitrine('start', 'loki')).toMatchObject({ status: 0 });
  await expect
    .poll(() => receivedAlerts(alerting), soon)
    .toContainEqual('PipelineDown loki: resolved (critical)');
});

test('When a service is down, then nobody is told of its errors, but of those of others', async ({
  alerting,
}) => {
  const url = `http://127.0.0.1:${alerting.ports.alertmanager}/api/v2/alerts`;
  const alerts = [
    { labels: { alertname: 'ServiceDown', service_name: 'one', severity: 'critical' } },
    { labels: { alertname: 'HighErrorRate', service_name: 'one', severity: 'critical' } },
    { labels: { alertname: 'HighErrorRate', service_name: 'other', severity: 'critical' } },
  ];
  const sent = await fetch(url, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(alerts) },
  });
  expect(sent.status).toBe(200);
  await expect
    .poll(() => receivedAlerts(alerting), soon)
    .toEqual(
      expect.arrayContaining([
        'ServiceDown one: firing (critical)',
        'HighErrorRate other: firing (critical)',
      ]),
    );
  expect(await receivedAlerts(alerting)).not.toContainEqual('HighErrorRate one: firing (critical)');
  const inhibited = z
    .array(
      z.object({
        labels: z.record(z.string(), z.string()),
        status: z.object({ inhibitedBy: z.array(z.string()) }),
      }),
    )
    .parse(await (await fetch(url)).json())
    .filter(({ status }) => status.inhibitedBy.length > 0);
  expect(inhibited.map(({ labels }) => `${labels.alertname} ${labels.service_name}`)).toEqual([
    'HighErrorRate one',
  ]);
});
