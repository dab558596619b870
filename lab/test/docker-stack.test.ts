import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { projectName } from '../src/compose/compose.ts';
import { listContainers } from '../src/compose/containers.ts';
import { createDockerStack } from '../src/compose/docker-stack.ts';
import { openMounts } from '../src/compose/open-mounts.ts';
import { appendToEnvFile } from '../src/env-file.ts';
import { LabError } from '../src/lab-error.ts';
import { findPlaces, readSettings } from '../src/settings.ts';
import { readShopRecord, recordShop } from '../src/shop-record.ts';
import { fakeDocker } from './fake-docker.ts';
import { findFreePorts } from './stack/start-stack.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** It moves the ports to where nothing listens. */
const { offset, ports: moved } = await findFreePorts('/nowhere');

/** A stack with a `docker` that follows `script`. */
function fakeStack(
  script: string,
  environment: NodeJS.Dict<string> = {},
  places = findPlaces({ VITRINE_HOME: join(temporaryFolder(), 'home') }),
) {
  const { PATH, calls } = fakeDocker(script);
  const said: string[] = [];
  const settings = readSettings(places, {
    ...{ PATH, PORT_OFFSET: String(offset), ...environment },
  });
  mkdirSync(places.home, { recursive: true });
  appendToEnvFile(places.envFile, settings.newSecrets);
  const conversation = { report: (line: string) => said.push(line), signal: new AbortController().signal };
  /** The commands that `docker compose` was given, with their arguments. */
  const commands = () =>
    calls().flatMap(
      (call) => /^compose .* ((?:build|pull|run|stop|up|down|logs)\b.*)$/.exec(call)?.[1] ?? [],
    );
  return { stack: createDockerStack(settings, conversation), settings, said, calls, commands };
}

/** A container of a part, as the engine describes it. */
function containerOf(part: string, state = 'running'): string {
  return JSON.stringify([
    {
      ...{ Id: 'old', RestartCount: 0, HostConfig: { PortBindings: {} } },
      State: { Status: state, ExitCode: 0, OOMKilled: false, StartedAt: '2026-01-01T00:00:00Z' },
      Config: { Labels: { 'com.docker.compose.service': part } },
    },
  ]);
}

test('When images are fetched, then up says so, and that time is none in which the parts must get ready', async () => {
  const script = '*" pull "*) sleep 2.5 ;; *" up "*) echo "up failed" >&2; exit 1 ;;';
  const { stack, said, commands } = fakeStack(script);
  await expect(stack.up()).rejects.toThrow('up failed');
  expect(said[0]).toBe('Fetching the images of the other parts (some minutes the first time) …');
  const images = 'otel-collector jaeger prometheus loki grafana user_dbase product_dbase order_dbase';
  expect(commands()).toEqual([
    'build frontend user-service product-service order-service',
    `pull --policy missing ${images}`,
    expect.stringMatching(/^up --detach --no-build frontend /),
    'down --remove-orphans',
  ]);
});

test('When the repository was cloned under umask 077, then what containers mount is opened, and nothing else', () => {
  const root = resolve(import.meta.dirname, '../..');
  const checkout = temporaryFolder();
  const mounted = [
    'otel-collector-config.yaml',
    'otel-collector',
    'prometheus.yml',
    'prometheus',
    'alertmanager',
    'jaeger',
    'loki',
    'grafana',
    'mysql',
    'k6',
  ];
  for (const name of ['docker-compose.yml', 'LICENSE', ...mounted])
    cpSync(join(root, name), join(checkout, name), { recursive: true, verbatimSymlinks: true });
  spawnSync('chmod', ['-R', 'go=', checkout]);
  openMounts(checkout);
  const modeOf = (name: string) => statSync(join(checkout, name)).mode & 0o777;
  for (const file of [
    'otel-collector-config.yaml',
    'prometheus/rules/alerts.yml',
    'grafana/dashboards/overview.json',
  ])
    expect(modeOf(file), file).toBe(0o644);
  expect(modeOf('grafana/provisioning/datasources')).toBe(0o755);
  expect(modeOf('LICENSE')).toBe(0o600);
});

test('When a variable of OpenTelemetry would not reach the containers, then up says so before it builds the images', async () => {
  const { stack, commands } = fakeStack('', { OTEL_SERVICE_NAME: 'x', OTEL_LOGS_EXPORTER: 'none' });
  const lost = 'With Docker, OTEL_SERVICE_NAME would not reach the services: unset it.';
  await expect(stack.up()).rejects.toThrow(lost);
  await expect(stack.restart('order-service')).rejects.toThrow(lost);
  await expect(stack.start('order-service')).rejects.toThrow(lost);
  expect(commands()).toEqual([]);
});

test('When a port is taken, then up says so before it builds the images', async () => {
  const port = moved.grafana;
  const server = createServer().listen(port, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { stack, commands } = fakeStack('');
  await expect(stack.up()).rejects.toThrow(`Port ${port}, which grafana needs, is taken by process`);
  expect(commands()).toEqual([]);
});

test('When the collector is restarted and cannot run with its new configuration, then the old one is kept, and status says why', async () => {
  const script = `
    "container ls "*) echo old ;;
    "container inspect old") echo '${containerOf('otel-collector')}' ;;
    "container inspect "*) echo exited ;;
    "logs "*) echo 'Error: cannot start pipelines: bind: address already in use' ;;
    "rm "*) exit 1 ;;`;
  const health = createHttpServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  onTestFinished(() => void health.close());
  await once(health, 'listening');
  const { port } = z.object({ port: z.number() }).parse(health.address());
  const ports = { OTEL_COLLECTOR_HEALTH_PORT: String(port - offset) };
  const { stack, commands } = fakeStack(script, ports);
  await expect(stack.restart('otel-collector')).rejects.toThrow(
    'cannot start pipelines: bind: address already in use\n\notel-collector runs as it did before',
  );
  expect(commands()).toEqual([
    expect.stringMatching(/^run --detach --no-deps --name \S+-trial .* otel-collector$/),
  ]);
  const collector = (await stack.status()).find(({ part }) => part === 'otel-collector');
  expect(collector).toMatchObject({
    ...{
      state: 'ready',
      detail: expect.stringMatching(/^the last restart failed: .*address already in use/),
    },
  });
});

test.each([
  ['the image cannot be built', '*" build "*) echo "error TS2322" >&2; exit 1 ;;', 'error TS2322', false],
  [
    'the new program cannot start',
    '"container inspect "*) echo exited ;; "logs "*) echo "Environment variable LOG_LEVEL is invalid" ;;',
    'order-service cannot start:\n  Environment variable LOG_LEVEL is invalid\nMigrations that it has already run stay in the database.\n\norder-service runs as it did before.',
    true,
  ],
  [
    'its database has other passwords',
    `"container inspect "*) echo exited ;; "logs "*) echo "Access denied for user 'order_service_migrations'" ;;`,
    './vitrine restart <database>',
    true,
  ],
])(
  'When a service is restarted and %s, then the old container is kept',
  async (_what, script, why, isTried) => {
    const { stack, commands, calls } = fakeStack(`
    "container ls "*) echo old; echo database ;;
    "container inspect old database") echo '${JSON.stringify(
      ['order-service', 'order_dbase'].flatMap((part) => JSON.parse(containerOf(part))),
    )}' ;;
    ${script}`);
    await expect(stack.restart('order-service')).rejects.toThrow(why);
    expect(commands()).toEqual([
      'build order-service',
      ...(isTried
        ? [expect.stringMatching(/^run --detach --no-deps --name \S+-trial .* order-service$/)]
        : []),
    ]);
    // A trial ends orderly, and so does one that a killed command has left.
    const ends = [expect.stringMatching(/^stop \S+-trial$/), expect.stringMatching(/^rm .* \S+-trial$/)];
    expect(calls().filter((call) => /^(?:stop|rm) /.test(call))).toEqual(isTried ? [...ends, ...ends] : []);
  },
);

test('When a paused service is restarted and its image cannot be built, then the message does not claim that it runs', async () => {
  const containers = [containerOf('order-service', 'paused'), containerOf('order_dbase')];
  const { stack } = fakeStack(`
    "container ls "*) echo old; echo database ;;
    "container inspect old database") echo '${JSON.stringify(containers.flatMap((text) => JSON.parse(text)))}' ;;
    *" build "*) echo "error TS2322" >&2; exit 1 ;;`);
  await expect(stack.restart('order-service')).rejects.toThrow(/error TS2322$/);
});

test('When the shop is started, then the project is its own, and the home knows the mode', async () => {
  const { stack, settings, calls } = fakeStack('*" up "*) exit 1 ;;');
  await expect(stack.up()).rejects.toThrow();
  const project = projectName(settings);
  expect(calls().filter((call) => call.startsWith('volume create'))).toEqual([
    `volume create --label com.docker.compose.project=${project} --label com.docker.compose.volume=owner --label vitrine.shop=${settings.newSecrets.SHOP_ID} --label vitrine.folder=${settings.home} ${project}_owner`,
  ]);
  expect(readShopRecord(settings.home)).toEqual({
    ...{ mode: 'docker', folder: settings.home, ...settings.start },
  });
});

test.each([
  ['while images are built', '*" build "*'],
  ['at the same moment', '"volume create "*'],
])(
  'When another clone takes the project %s, then up is refused and starts nothing',
  async (_when, moment) => {
    const folder = temporaryFolder();
    const taken = join(folder, 'taken');
    const script = `
    ${moment}) touch ${taken} ;;
    *vitrine.folder*) [ ! -e ${taken} ] || echo other ${folder} ;;
    *" up "*) exit 1 ;;`;
    const { stack, settings, commands } = fakeStack(script);
    await expect(stack.up()).rejects.toThrow(`those of the shop in ${folder}.`);
    expect(commands().filter((command) => /^(up|down)/.test(command))).toEqual([]);
    expect(readShopRecord(settings.home)).toBeUndefined();
  },
);

test('When the data in Docker is deleted, then that of native mode is kept, and the mode is native', async () => {
  const script = '*vitrine.folder*) echo mine /gone ;; "volume ls "*) echo volume ;;';
  const { stack, settings, said, calls } = fakeStack(script);
  writeFileSync(settings.envFile, 'SHOP_ID=mine\n');
  const start = { folder: settings.home, ...settings.start };
  recordShop(settings.home, { mode: 'docker', ...start });
  mkdirSync(join(settings.home, 'data/user_dbase'));
  expect(await stack.down({ reset: true })).toEqual({ stopped: [], deleted: ['the volume volume'] });
  expect(calls().at(-1)).toBe(`volume rm --force ${projectName(settings)}_owner`);
  expect(existsSync(join(settings.home, 'data/user_dbase'))).toBe(true);
  expect(readShopRecord(settings.home)).toBeUndefined();
  expect(said.join()).toContain(`Kept the data of native mode in ${settings.home}`);
});

test('When nothing tells whose the volumes are, then they are not deleted, whatever the home', async () => {
  const root = temporaryFolder();
  const usual = { root, envFile: join(root, '.env'), home: join(root, '.vitrine') };
  for (const places of [usual, undefined]) {
    const script = `*vitrine.folder*) echo ;; "volume ls "*) echo volume ;;`;
    const { stack, commands } = fakeStack(script, {}, places);
    await expect(stack.down({ reset: true })).rejects.toThrow('do not say whose they are');
    expect(commands()).toEqual([]);
  }
});

test('When the log of what is no container is asked for, then it says so instead of showing all', async () => {
  const { stack, commands } = fakeStack('');
  const options = { lines: 20, follow: false, onLine: () => undefined };
  await expect(stack.logs(['console'], options)).rejects.toThrow(
    'console is not one of the twelve containers.',
  );
  expect(commands()).toEqual([]);
  await stack.logs(['console', 'loki'], options);
  expect(commands()).toEqual(['logs --no-color --tail 20 loki']);
});

test('When a container is removed between listing and asking, then both are done again', async () => {
  const lists = ['a\nb', ''];
  const docker = async (_kind: string | undefined, action?: string) => {
    if (action === 'ls') return lists.shift() ?? '';
    throw new LabError(
      'docker container inspect a b failed:\n[]\nError response from daemon: No such container: b',
    );
  };
  expect(await listContainers(docker, 'vitrine')).toEqual([]);
  expect(lists).toEqual([]);
});

test('When the load tests have a container, then it is no part of the shop', async () => {
  const all = ['k6', 'frontend'].flatMap((name) => JSON.parse(containerOf(name)));
  const docker = async (_kind: string | undefined, action?: string) =>
    action === 'ls' ? 'a\nb' : JSON.stringify(all);
  const parts = await listContainers(docker, 'vitrine');
  expect(parts.map(({ part }) => part)).toEqual(['frontend']);
});

test('When containers cannot be asked for another reason, then that is said', async () => {
  const docker = async (_kind: string | undefined, action?: string) => {
    if (action === 'ls') return 'a';
    throw new LabError('Cannot connect to the Docker daemon');
  };
  await expect(listContainers(docker, 'vitrine')).rejects.toThrow('Cannot connect');
});
