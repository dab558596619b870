import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { prepareCheckout } from './own-checkout.ts';
import { pidOf, readStatus } from './part-status.ts';
import type { Site } from './start-stack.ts';

/** A checkout of its own, whose collector runs; `edit` changes its configuration. */
async function startCollector() {
  const checkout = await prepareCheckout();
  expect(await checkout.site.vitrine('start', 'otel-collector')).toMatchObject({ status: 0 });
  return checkout;
}

/** The state of the collector in `./vitrine status`, and whether it takes telemetry. */
async function collectorOf(site: Site) {
  const { states, stdout } = await readStatus(site);
  const url = `http://127.0.0.1:${site.ports['otel-collector-http']}/v1/traces`;
  const headers = { 'content-type': 'application/json' };
  const { status } = await fetch(url, { method: 'POST', headers, body: '{"resourceSpans":[]}' });
  const row = stdout.split('\n').find((line) => line.startsWith('otel-collector '));
  return { state: states['otel-collector'], answer: status, row };
}

test('When the collector is restarted and a port of its new configuration is taken, then it runs as before, and status says why', async () => {
  const { site, edit } = await startCollector();
  const port = site.ports.grafana;
  const intruder = createServer().listen(port, '127.0.0.1');
  onTestFinished(() => void intruder.close());
  await once(intruder, 'listening');

  edit([/endpoint: \S+METRICS_PORT\S+/, `endpoint: 127.0.0.1:${port}`]);
  expect(await site.vitrine('pipeline', 'check')).toMatchObject({ status: 0 });
  const restart = await site.vitrine('restart', 'otel-collector');
  expect(restart.status).toBe(1);
  expect(restart.stderr).toContain('address already in use');
  expect(restart.stderr).toContain('otel-collector runs as it did before.');
  const after = {
    state: 'ready',
    answer: 200,
    row: expect.stringMatching(/the last restart failed: .*in use/),
  };
  expect(await collectorOf(site)).toEqual(after);
  const metrics = `http://127.0.0.1:${site.ports['otel-collector-metrics']}/metrics`;
  expect((await fetch(metrics)).status).toBe(200);

  intruder.close();
  await once(intruder, 'close');
  expect(await site.vitrine('restart', 'otel-collector')).toMatchObject({ status: 0 });
  expect(await collectorOf(site)).toMatchObject({
    state: 'ready',
    row: expect.not.stringContaining('failed'),
  });
});

test('When the collector is restarted and refuses its new configuration, then its process runs on, and status says why until the old one is back', async () => {
  const { site, edit } = await startCollector();
  const pid = pidOf(site, 'otel-collector');
  edit([/exporters: \[prometheus\]/, 'exporters: [prometheuz]']);
  const restart = await site.vitrine('restart', 'otel-collector');
  expect(restart.status).toBe(1);
  expect(restart.stderr).toContain('references exporter "prometheuz" which is not configured');
  expect(pidOf(site, 'otel-collector')).toBe(pid);
  expect((await collectorOf(site)).row).toMatch(/the last restart failed: .*"prometheuz"/);
  edit([/exporters: \[prometheus\]/, 'exporters: [prometheus]']);
  expect((await collectorOf(site)).row).not.toContain('failed');
});
