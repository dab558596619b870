import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { poll } from '../../src/poll.ts';
import { root, type Site } from '../stack/start-stack.ts';
import { compose, containerOf, docker, inspectContainers, readMemory, test } from './docker.ts';

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

/** Connects from a container to `host:port` addresses. @returns those that answer within two seconds */
async function reachableFrom(shop: Site, part: string, addresses: readonly string[]): Promise<string[]> {
  const program = `
    const { connect } = require('node:net');
    const tries = process.argv.slice(1).map((address) => {
      const [host, port] = address.split(':');
      const socket = connect({ host, port: Number(port), timeout: 2000 });
      return new Promise((resolve) => {
        socket.on('connect', () => resolve(address)).on('timeout', resolve).on('error', () => resolve());
      }).finally(() => socket.destroy());
    });
    Promise.all(tries).then((answers) => console.log(JSON.stringify(answers.filter((answer) => answer))));`;
  const output = await docker('exec', containerOf(shop, part), 'node', '-e', program, ...addresses);
  return z.array(z.string()).parse(JSON.parse(output));
}

test('When a service runs, then it reaches its own database and no other, by name or address', async ({
  shop,
}) => {
  const containers = await inspectContainers(shop);
  const databases = ['user_dbase', 'product_dbase', 'order_dbase'];
  const addressesOf = (database: string) => {
    const networks = Object.values(containers.get(database)?.NetworkSettings.Networks ?? {});
    return [database, ...networks.map(({ IPAddress }) => IPAddress)].map((host) => `${host}:3306`);
  };
  for (const [service, own] of [
    ['frontend', 'user_dbase'],
    ['user-service', 'user_dbase'],
    ['product-service', 'product_dbase'],
    ['order-service', 'order_dbase'],
  ] as const) {
    const reached = await reachableFrom(shop, service, databases.flatMap(addressesOf));
    expect(reached, service).toEqual(addressesOf(own));
  }
});

test('When a backend runs, then it has no network with a database, and a database none with the outside', async ({
  shop,
}) => {
  const containers = await inspectContainers(shop);
  const networksOf = (part: string) => Object.keys(containers.get(part)?.NetworkSettings.Networks ?? {});
  for (const database of ['user_dbase', 'product_dbase', 'order_dbase']) {
    const networks = networksOf(database);
    for (const network of networks)
      expect(await docker('network', 'inspect', '--format', '{{.Internal}}', network), network).toBe('true');
    for (const backend of ['otel-collector', 'jaeger', 'prometheus', 'loki', 'grafana'])
      expect(
        networksOf(backend).filter((network) => networks.includes(network)),
        backend,
      ).toEqual([]);
  }
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

// On a busy machine a statement may take longer than its second; the page is then a 503.
test('When the load tests run in a container, then they reach the shop, and no container stays', {
  retry: 2,
}, async ({ shop }) => {
  const run = ['--profile', 'load', 'run', '--rm', 'k6', 'run', '--quiet', '/k6/smoke.js'];
  expect(await compose(shop, ...run)).toMatch(/^smoke: \d+ requests in .*, 0 failed/m);
  expect([...(await inspectContainers(shop)).keys()]).not.toContain('k6');
});
