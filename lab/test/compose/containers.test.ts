import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { poll } from '../../src/poll.ts';
import { root } from '../stack/start-stack.ts';
import { containerOf, docker, inspectContainers, readMemory, test } from './docker.ts';

const pinned = /^(?:vitrine\/[a-z-]+|[\w./-]+:v?\d+(?:\.\d+)+|node:24-bookworm-slim)$/;
const ownedByRoot = ['', '0', 'root', '0:0', 'root:root'];
/** The collector's image holds no program to check with. */
const withoutHealthCheck = ['otel-collector'];

test('When the shop is up, then it is the twelve containers, each healthy and fenced in', async ({
  shop,
}) => {
  const inspectHealthy = async () => {
    const containers = await inspectContainers(shop);
    const healths = [...containers.values()].map(({ State }) => State.Health?.Status);
    return healths.includes('starting') ? undefined : containers;
  };
  const containers = (await poll(inspectHealthy, { intervalMs: 250, limitMs: 90_000 })) ?? new Map();
  expect([...containers.keys()].sort()).toEqual([
    ...['frontend', 'grafana', 'jaeger', 'loki', 'order-service', 'order_dbase', 'otel-collector'],
    ...['product-service', 'product_dbase', 'prometheus', 'user-service', 'user_dbase'],
  ]);
  for (const [part, { Config, HostConfig, State }] of containers) {
    const { User, Image } = Config;
    const { CapDrop, SecurityOpt, ReadonlyRootfs, RestartPolicy, LogConfig, PidsLimit } = HostConfig;
    expect(Image, part).toMatch(pinned);
    expect(ownedByRoot, part).not.toContain(User);
    expect({ CapDrop, SecurityOpt, ReadonlyRootfs }, part).toEqual({
      ...{ CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges=true'], ReadonlyRootfs: true },
    });
    expect(PidsLimit, part).toBe(400);
    expect(RestartPolicy.Name, part).toBe('unless-stopped');
    expect(LogConfig.Config, part).toEqual({ 'max-size': '10m', 'max-file': '2' });
    expect(State.Health?.Status, part).toBe(withoutHealthCheck.includes(part) ? undefined : 'healthy');
  }
});

test('When the shop is up, then only the ports of the table are published, on 127.0.0.1', async ({
  shop,
}) => {
  const published = [...(await inspectContainers(shop)).values()].flatMap(({ HostConfig }) =>
    Object.entries(HostConfig.PortBindings).flatMap(([port, hosts]) =>
      hosts.map((host) => ({ port, ...host })),
    ),
  );
  expect([...new Set(published.map(({ HostIp }) => HostIp))]).toEqual(['127.0.0.1']);
  expect(published.map(({ port }) => Number.parseInt(port, 10)).sort((a, b) => a - b)).toEqual([
    ...[3000, 3100, 4317, 4318, 5000, 5001, 5002, 5003, 8889, 9090, 13_133, 16_686],
  ]);
});

test('When a service is at work, then its database account may change no table, also on a volume from before', async ({
  shop,
}) => {
  const asRoot = (statement: string) =>
    docker(
      ...['exec', containerOf(shop, 'user_dbase'), 'bash', '-c'],
      ...['MYSQL_PWD=$MYSQL_ROOT_PASSWORD exec mysql --user=root --raw --execute="$1"', 'bash', statement],
    );
  // Earlier versions had one account, with all rights.
  await asRoot("GRANT ALL ON `user\\_dbase`.* TO user_service@'%'; DROP USER user_service_migrations@'%'");
  expect(await shop.vitrine('restart', 'user_dbase')).toMatchObject({ status: 0 });
  expect(await shop.vitrine('restart', 'user-service')).toMatchObject({ status: 0 });
  expect(await asRoot("SHOW GRANTS FOR user_service@'%'")).toContain(
    'GRANT SELECT, INSERT, UPDATE, DELETE ON `user\\_dbase`.* TO',
  );
  expect(await asRoot("SHOW GRANTS FOR user_service@'%'")).not.toContain('ALL PRIVILEGES');
});

test('When the shop is idle, then it takes 1.6 GB at most, and no container nears its limit', async ({
  shop,
}) => {
  const containers = await inspectContainers(shop);
  const memory = await readMemory(shop);
  expect([...memory.keys()].sort()).toEqual([...containers.keys()].sort());
  for (const [part, { HostConfig, State }] of containers) {
    expect(HostConfig.Memory, part).toBeGreaterThan(0);
    expect((memory.get(part) ?? 0) / HostConfig.Memory, part).toBeLessThan(0.9);
    expect(State.OOMKilled, part).toBe(false);
  }
  const sum = [...memory.values()].reduce((total, bytes) => total + bytes, 0);
  expect(sum, JSON.stringify(Object.fromEntries(memory))).toBeLessThan(1.6e9);
});

test('When a service’s image is made, then it adds 120 MB at most, and holds what that service needs', async ({
  shop,
}) => {
  const base = Number(await docker('image', 'inspect', '--format', '{{.Size}}', 'node:24-bookworm-slim'));
  for (const service of ['frontend', 'user-service', 'product-service', 'order-service']) {
    const size = Number(await docker('image', 'inspect', '--format', '{{.Size}}', `vitrine/${service}`));
    expect(size - base, service).toBeLessThan(120e6);
    const files = await docker(
      'exec',
      containerOf(shop, service),
      'find',
      '/shop',
      '-not',
      '-path',
      '*/node_modules/*/*',
    );
    expect(files, service).toContain(`/shop/${service}/dist/server.js`);
    expect(files, service).not.toMatch(/\.ts$|\/test\/|\/src\/|typescript|vitest|node-linux/m);
    expect(files.includes('/node_modules/bcrypt'), service).toBe(service === 'user-service');
  }
});

test('When Grafana is up, then it has the data sources and dashboards of the repository', async ({
  shop,
}) => {
  const grafana = containerOf(shop, 'grafana');
  const files = [
    ['provisioning/datasources/datasources.yaml', '/etc/grafana/provisioning/datasources/datasources.yaml'],
    ['provisioning/dashboards/dashboards.yaml', '/etc/grafana/provisioning/dashboards/dashboards.yaml'],
    ['dashboards/overview.json', '/etc/grafana/dashboards/overview.json'],
  ] as const;
  for (const [source, target] of files) {
    const text = await readFile(join(root, 'grafana', source), 'utf8');
    expect(await docker('exec', grafana, 'cat', target), source).toBe(text.trim());
  }
  const environment = await docker('exec', grafana, 'env');
  for (const variable of ['PROMETHEUS_URL', 'JAEGER_URL', 'LOKI_URL'])
    expect(environment).toMatch(new RegExp(`^${variable}=.`, 'm'));
});
