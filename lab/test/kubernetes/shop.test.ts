import { describe, expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { serviceNames } from '../../src/part-names.ts';
import { checkSeries } from '../../src/verify/series.ts';
import { backendsOf } from '../stack/backends.ts';
import { logIn, newCustomer } from '../stack/customer.ts';
import { expectPurchaseInBackends } from '../stack/purchase.ts';
import { send } from './request.ts';
import { allReady, reachable, scaleServices, test } from './shop.ts';

const soon = { timeout: 60_000, interval: 500 };

test('When someone buys, then Jaeger, Loki and Prometheus hold that request', async ({ shop }) => {
  const collectorSays = async (error: Error) => {
    const log = await shop.kubectl('logs', '--tail=5', 'deployment/otel-collector');
    throw new Error(`${error.message}\nThe collector says:\n${log}`);
  };
  await expectPurchaseInBackends(shop).catch(collectorSays);
});

test('When the shop is up, then Prometheus finds all it should by discovery, and has its rules', async ({
  shop,
}) => {
  const { prometheus } = backendsOf(shop);
  const targets = async () =>
    (await prometheus.query('up')).map(({ labels, value }) => `${labels.job} ${value}`).sort();
  await expect
    .poll(targets, soon)
    .toEqual(['jaeger 1', 'loki 1', 'otel-collector 1', 'prometheus 1', 'services 1']);
  expect((await prometheus.rules()).map(({ name }) => name)).toEqual(
    expect.arrayContaining(['HighErrorRate', 'HighLatency']),
  );
});

describe('When a pod connects to every Service', () => {
  const collector = ['otel-collector:4317', 'otel-collector:4318'];
  const others = ['user-service:5001', 'product-service:5002', 'order-service:5003'];

  test.concurrent.for([
    ['frontend', [...collector, ...others, 'user-dbase:3306']],
    ['user-service', [...collector, 'user-dbase:3306']],
    ['product-service', [...collector, 'user-service:5001', 'product-dbase:3306']],
    ['order-service', [...collector, 'user-service:5001', 'product-service:5002', 'order-dbase:3306']],
    ['grafana', ['jaeger:16686', 'loki:3100', 'prometheus:9090']],
  ] as const)(
    'then those of %s are answered by what it needs, and refused by the rest',
    async ([part, needed], { shop, expect }) => {
      const itself = (address: string) => address.startsWith(`${part}:`);
      expect((await reachable(shop, `deployment/${part}`)).filter((address) => !itself(address))).toEqual(
        [...needed].sort(),
      );
    },
  );

  test('then those of a pod in another namespace are answered by the frontend only, and on a laptop by all pages and APIs', async ({
    shop,
  }) => {
    const image = ['--image=vitrine/frontend', '--image-pull-policy=Never', '--restart=Never'];
    const idle = ['--command', '--', 'node', '--eval', 'setInterval(() => {}, 1e6)'];
    const elsewhere = ['--namespace', 'default'];
    await shop.kubectl(...elsewhere, 'run', 'stranger', ...image, ...idle);
    onTestFinished(async () => void (await shop.kubectl(...elsewhere, 'delete', 'pod', 'stranger', '--now')));
    await shop.kubectl(...elsewhere, 'wait', '--for=condition=Ready', '--timeout=60s', 'pod/stranger');
    const reached = () => reachable(shop, 'pod/stranger', 'default');
    expect(await reached()).toEqual(['frontend:5000']);
    const policy = ['--filename', 'k8s/overlays/laptop/policy.yaml'];
    onTestFinished(async () => void (await shop.kubectl('delete', ...policy)));
    await shop.kubectl('apply', ...policy);
    const pages = ['frontend:5000', 'grafana:3000', 'jaeger:16686', 'loki:3100', 'prometheus:9090'];
    await expect.poll(reached, soon).toEqual([...pages, ...others].sort());
  });
});

test('When the pods of the databases are deleted, then others come, with the data', async ({ shop }) => {
  const { browser, username, password } = await newCustomer(shop);
  const page = '/product/laptop-pro';
  await browser.submit(await browser.open(page), page, { quantity: '2' });
  await shop.kubectl('delete', 'pod', 'user-dbase-0', 'product-dbase-0', 'order-dbase-0');
  await allReady(shop);
  // The cluster asks services every five seconds only whether they are ready.
  for (const name of serviceNames)
    await expect.poll(async () => (await send(`${shop.urls[name]}/readyz`)).status, soon).toBe(200);
  await logIn(browser, { username, password });
  expect((await browser.open('/checkout')).html.querySelector('[name=quantity]')?.getAttribute('value')).toBe(
    '2',
  );
});

test('When the autoscalers of the base are applied, then they see the load of every service', async ({
  shop,
}) => {
  const scaling = ['--filename', 'k8s/base/scaling.yaml'];
  onTestFinished(async () => {
    await shop.kubectl('delete', ...scaling);
    await scaleServices(shop, 1);
    await allReady(shop);
  });
  await shop.kubectl('apply', ...scaling);
  const condition = z.object({ type: z.string(), status: z.string() });
  const scaler = z.object({
    metadata: z.object({ name: z.string() }),
    status: z.object({ conditions: z.array(condition).default([]) }),
  });
  const active = async () => {
    const scalers = await shop.get(scaler, 'horizontalpodautoscalers');
    const isActive = ({ type, status }: z.output<typeof condition>) =>
      type === 'ScalingActive' && status === 'True';
    return scalers
      .filter(({ status }) => status.conditions.some(isActive))
      .map(({ metadata }) => metadata.name);
  };
  await expect.poll(active, { ...soon, timeout: 120_000 }).toEqual([...serviceNames].sort());
});

test('When pods have come and gone, then there are few series, and only those of processes have their names', async ({
  shop,
  signal,
}) => {
  const { prometheus } = backendsOf(shop);
  const series = async () => (await prometheus.query('{__name__=~".+"}')).map(({ labels }) => labels);
  const found = await Promise.all(checkSeries(series).map(({ look }) => look(signal)));
  expect(found.flat()).toEqual([]);
  const pods = (await shop.kubectl('get', 'pods', '--output=name')).replaceAll('pod/', '').split('\n');
  const named = (await series()).filter((labels) =>
    Object.values(labels).some((value) => pods.includes(value)),
  );
  expect([...new Set(named.map(({ __name__ }) => __name__))]).toEqual(['target_info']);
});
