import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { findAlertmanager } from '../../src/native/alertmanager.ts';
import { receivedAlerts } from '../stack/received-alerts.ts';
import { root, runVitrine } from '../stack/start-stack.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { compose, docker, inspectContainers, test } from './docker.ts';

/** Debian's program reads them from here. */
const templates = '/usr/share/prometheus/alertmanager';
const soon = { timeout: 60_000, interval: 250 };
const [image = ''] =
  /prom\/alertmanager:\S+/.exec(readFileSync(join(root, 'docker-compose.yml'), 'utf8')) ?? [];

/** Where no registry has the image, it is made from Debian's package, and is there until the end of the test. */
async function provideImage(searchPath: string): Promise<void> {
  const isPresent = await docker('image', 'inspect', image).catch(() =>
    docker('pull', image).catch(() => ''),
  );
  if (isPresent) return;
  const program = findAlertmanager(searchPath);
  if (program === undefined)
    throw new Error(`There is neither ${image} nor Debian's prometheus-alertmanager`);
  process.stdout.write(`${image} cannot be had: it is made from ${program}.\n`);
  const folder = temporaryFolder();
  copyFileSync(program, join(folder, 'alertmanager'));
  cpSync(templates, join(folder, 'templates'), { recursive: true });
  writeFileSync(
    join(folder, 'Dockerfile'),
    `FROM node:24-bookworm-slim
     COPY --from=prom/prometheus:v3.16.0 /bin/wget /bin/
     COPY alertmanager /bin/
     COPY templates ${templates}
     USER nobody`,
  );
  await docker('build', '--tag', image, folder);
  onTestFinished(async () => void (await docker('image', 'rm', image)));
}

test('When the shop has Alertmanager, then Prometheus knows it, and it tells the console, which runs outside', async ({
  shop,
}) => {
  const environment: NodeJS.Dict<string> = { ...shop.environment, ALERTING: 'on' };
  await provideImage(environment.PATH ?? '');
  onTestFinished(async () => {
    await compose(shop, 'rm', '--stop', '--force', 'alertmanager');
    await runVitrine({ ...environment, ALERTING: 'off' }, 'up');
  });
  expect(await runVitrine(environment, 'up')).toMatchObject({ status: 0 });
  const console = spawn(join(root, 'vitrine'), ['console'], { env: shop.environment, stdio: 'ignore' });
  onTestFinished(async () => {
    const ended = once(console, 'close');
    if (console.kill()) await ended;
  });
  await expect.poll(() => receivedAlerts(shop).catch(() => undefined), soon).toBeDefined();

  const address = (port: 'alertmanager' | 'prometheus', path: string) =>
    `http://127.0.0.1:${shop.ports[port]}${path}`;
  const alerts = [{ labels: { alertname: 'ServiceDown', service_name: 'one', severity: 'critical' } }];
  const sent = await fetch(address('alertmanager', '/api/v2/alerts'), {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(alerts) },
  });
  expect(sent.status).toBe(200);
  const receivers = async () => (await fetch(address('prometheus', '/api/v1/alertmanagers'))).text();
  await expect.poll(receivers, soon).toContain('"activeAlertmanagers":[{"url":"http://alertmanager:9093/');
  await expect.poll(() => receivedAlerts(shop), soon).toContain('ServiceDown one: firing (critical)');
  const health = async () => (await inspectContainers(shop)).get('alertmanager')?.State.Health?.Status;
  await expect.poll(health, soon).toBe('healthy');
});
