import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { honoured } from '@vitrine/service-kit/telemetry/variables';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { composeEnvironment } from '../src/compose/compose.ts';
import { backendCommand } from '../src/native/backend-command.ts';
import { programs } from '../src/native/backends/programs.ts';
import { databaseServerCommand } from '../src/native/database-server.ts';
import { nodeEnvironment, nodeOptions } from '../src/native/native-part.ts';
import { createParts } from '../src/parts.ts';
import { findPlaces, readSettings } from '../src/settings.ts';
import { temporaryFolder } from './temporary-folder.ts';

const services = ['frontend', 'user-service', 'product-service', 'order-service'];

const read = (file: string) => readFileSync(resolve(import.meta.dirname, '../..', file), 'utf8');

const partSchema = z.object({
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.coerce.string()).default({}),
  image: z.string(),
  init: z.boolean().default(false),
  networks: z.array(z.string()),
  pids_limit: z.number().optional(),
});
const compose = z
  .object({
    services: z.record(z.string(), partSchema),
    networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) }).nullable()),
  })
  .parse(parse(read('docker-compose.yml'), { merge: true }));

/** Each part's entry in docker-compose.yml, and how it runs natively. */
function find(name: string, overlay?: string) {
  const given = readSettings(findPlaces({ VITRINE_HOME: temporaryFolder() }), {});
  const settings = { ...given, ...(overlay && { overlay }) };
  const part = createParts(settings).find((each) => each.name === name);
  const container = compose.services[name];
  if (container === undefined || part?.kind !== 'backend') throw new Error(`${name} is no backend.`);
  return { container, settings, native: backendCommand(part, name, settings) };
}

const without = (options: readonly string[], ...names: readonly string[]) =>
  options.filter((option) => !names.some((name) => option.startsWith(`--${name}`))).sort();

test.each(['otel-collector', 'jaeger', 'prometheus', 'loki'])(
  'When %s runs in a container, then Go may take as much memory there as natively',
  (name) => {
    const { container, native } = find(name);
    const { GOMEMLIMIT, GOGC } = container.environment;
    expect(GOMEMLIMIT).toMatch(/MiB$/);
    expect(native.environment).toMatchObject({ GOMEMLIMIT, GOGC });
  },
);

test('When Prometheus runs in a container, then it has the options that it has natively, less the places', () => {
  const { container, native } = find('prometheus');
  const places = ['config.file', 'storage.tsdb.path', 'web.listen-address'];
  expect(without(native.args, ...places)).toEqual(without(container.command, ...places));
});

test('When a file is tried, then the collector merges it into its configuration in a container as it does natively', () => {
  const overlay = join(temporaryFolder(), 'overlay.yaml');
  const text = 'processors:\n  batch: { timeout: "$TIMEOUT" }\n';
  writeFileSync(overlay, text);
  const { native, container, settings } = find('otel-collector', overlay);
  const file = join(settings.root, 'otel-collector-config.yaml');
  expect(native.args).toEqual(['--config', file, '--config', overlay]);
  expect(find('otel-collector').native.args).toEqual(['--config', file]);
  expect(container.command).toEqual([
    ...['--config', '/etc/otelcol-contrib/config.yaml'],
    ...['--config', 'env:PIPELINE_OVERLAY'],
  ]);
  expect(container.environment.PIPELINE_OVERLAY).toContain('{PIPELINE_OVERLAY:-}');
  expect(composeEnvironment(settings).PIPELINE_OVERLAY).toBe(text);
});

test('When Grafana runs in a container, then it opens with the dashboard that it opens with natively', () => {
  const settings = readSettings(findPlaces({ VITRINE_HOME: temporaryFolder() }), {});
  const part = createParts(settings).find(({ name }) => name === 'grafana');
  const variable = 'GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH';
  const path = part?.kind === 'viewer' ? part.environment[variable] : undefined;
  expect(existsSync(path ?? '')).toBe(true);
  expect(compose.services.grafana?.environment[variable]).toBe(path?.replace(settings.root, '/etc'));
});

test.each([
  ['otel-collector', 'otelcol'],
  ...(['jaeger', 'prometheus', 'loki', 'k6'] as const).map((name) => [name, name] as const),
] as const)('When %s runs in a container, then it has the version that it has natively', (name, program) => {
  expect(compose.services[name]?.image).toMatch(new RegExp(`:v?${programs[program].version}$`));
});

test('When a service runs in a container, then Node has the options that it has natively', () => {
  expect(read('Dockerfile')).toContain(`"node", ${nodeOptions.map((option) => `"${option}"`).join(', ')}, `);
  const variables = Object.entries(nodeEnvironment).map(([name, value]) => `${name}=${value}`);
  expect(read('Dockerfile')).toContain(`\nENV NODE_ENV=production ${variables.join(' ')}\n`);
});

test('When a service runs in a container, then an init passes signals on to Node from the first moment', () => {
  const withInit = Object.entries(compose.services).filter(([, { init }]) => init);
  expect(withInit.map(([name]) => name)).toEqual(services);
});

test.each(services)(
  'When %s runs in a container, then all variables of OpenTelemetry reach it, save paths',
  (name) => {
    const handedOn = Object.keys(compose.services[name]?.environment ?? {});
    const names = Object.keys(honoured).filter((variable) => !/_(CERTIFICATE|CLIENT_KEY)$/.test(variable));
    expect(handedOn.filter((variable) => variable.startsWith('OTEL_')).sort()).toEqual(names.sort());
  },
);

test.each(Object.entries(compose.services))(
  'When %s runs in a container, then its threads are limited',
  (_, { pids_limit }) => {
    expect(pids_limit).toBeGreaterThan(0);
  },
);

test('When a database runs in a container, then it has the options that MySQL has natively, less the places', () => {
  const server = { home: '/', port: 1, rootPassword: '', schemas: [] };
  const { args } = databaseServerCommand({ kind: 'mysql', path: '' }, server);
  const places = ['no-defaults', 'user', 'datadir', 'tmpdir', 'secure-file-priv', 'socket', 'pid-file'];
  const own = [...places, 'bind-address', 'port', 'init-file'];
  expect(without(args, ...own)).toEqual(without(compose.services.user_dbase?.command ?? [], ...own));
});

const nativeParts = () => createParts(readSettings(findPlaces({ VITRINE_HOME: temporaryFolder() }), {}));

test.each(services)(
  'When %s runs in a container, then it has the database accounts that it has natively',
  (name) => {
    const part = nativeParts().find((each) => each.name === name);
    const native = part?.kind === 'service' ? part.environment : {};
    const environment = compose.services[name]?.environment ?? {};
    for (const variable of ['DB_NAME', 'DB_USER', 'DB_MIGRATION_USER'])
      expect(environment[variable], variable).toBe(native[variable]);
  },
);

test.each(services)(
  'When %s runs in a container, then it has the token of the fault switch, as natively',
  (name) => {
    const settings = readSettings(findPlaces({ VITRINE_HOME: temporaryFolder() }), {});
    const part = createParts(settings).find((each) => each.name === name);
    const { FAULT_TOKEN } = part?.kind === 'service' ? part.environment : {};
    expect(FAULT_TOKEN).toBe(settings.values.FAULT_TOKEN);
    expect(compose.services[name]?.environment.FAULT_TOKEN).toContain('{FAULT_TOKEN:');
  },
);

test('When databases run in containers, then these have the schemas that they have natively', () => {
  for (const part of nativeParts()) {
    if (part.kind !== 'database') continue;
    const lines = compose.services[part.name]?.environment.SCHEMAS?.split('\n') ?? [];
    const made = lines.map((line) => line.split(' ').slice(0, 2));
    expect(made, part.name).toEqual(part.schemas.map(({ name, user }) => [name, user]));
  }
});

test('When a database runs in a container, then only the services with a schema in it share its network', () => {
  for (const database of ['user_dbase', 'product_dbase', 'order_dbase']) {
    const [network = '', ...others] = compose.services[database]?.networks ?? [];
    expect(others).toEqual([]);
    expect(compose.networks[network]?.internal, network).toBe(true);
    const sharing = Object.entries(compose.services).filter(([, { networks }]) => networks.includes(network));
    const allowed = services.filter((name) => compose.services[name]?.environment.DB_HOST === database);
    expect(sharing.map(([name]) => name)).toEqual([...allowed, database]);
  }
});

test('When browsers are measured in containers, then they may send from the pages from which they may natively', () => {
  const { container, native } = find('otel-collector');
  const { RUM, ORIGINS_WITH_RUM_on: origins } = container.environment;
  const withDefaults = (text = '') => text.replace(/\$\{\w+:-([^${}]*)\}/g, '$1');
  expect(withDefaults(RUM)).toBe(native.environment.RUM);
  expect(withDefaults(withDefaults(origins))).toBe(native.environment.ORIGINS_WITH_RUM_on);
});
