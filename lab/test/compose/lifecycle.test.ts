import { execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test as plain } from 'vitest';
import { findProgram } from '../../src/native/find-program.ts';
import { portNames, portVariable } from '../../src/part-names.ts';
import { poll } from '../../src/poll.ts';
import { newCustomer } from '../stack/customer.ts';
import { type Outcome, root, runVitrine, type Site } from '../stack/start-stack.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import {
  compose,
  containerOf,
  docker,
  inspectContainers,
  prepareDockerSite,
  projectOf,
  test,
} from './docker.ts';

describe('When the shop is up', () => {
  test('then a second up is quick, recreates nothing and keeps the data', async ({ shop }) => {
    const { username, password } = await newCustomer(shop);
    const before = await docker('inspect', '--format', '{{.Id}}', containerOf(shop, 'frontend'));
    const { status, stdout } = await shop.vitrine('up');
    expect(status).toBe(0);
    expect(stdout).toContain('Everything was running already.');
    expect(await docker('inspect', '--format', '{{.Id}}', containerOf(shop, 'frontend'))).toBe(before);
    expect(await logInStatus(shop, username, password)).toBe(200);
  });

  test.for([
    ['kill', 'ended', ''],
    ['stop', 'stopped', ''],
    ['pause', 'paused', 'product-service was paused and is resumed.\n'],
  ] as const)(
    'then ./vitrine %s leaves a service %s until it is started',
    async ([action, state, remark], { shop }) => {
      expect(await shop.vitrine(action, 'product-service')).toMatchObject({ status: 0, stderr: '' });
      expect(await stateOf(shop, 'product-service')).toBe(state);
      expect((await shop.vitrine('status')).status).toBe(1);
      expect(await shop.vitrine('start', 'product-service')).toMatchObject({
        ...{ status: 0, stderr: '', stdout: `${remark}product-service is ready.\n` },
      });
      expect((await shop.vitrine('status')).status).toBe(0);
    },
  );

  test('then a service that crashes is started again', async ({ shop }) => {
    const { State, RestartCount } = await inspectPart(shop, 'user-service');
    process.kill(State.Pid, 'SIGKILL');
    const restarted = async () => {
      const now = await inspectPart(shop, 'user-service');
      return now.RestartCount > RestartCount && (await stateOf(shop, 'user-service')) === 'ready'
        ? true
        : undefined;
    };
    expect(await poll(restarted, { intervalMs: 250, limitMs: 90_000 })).toBe(true);
  });

  test('and a service is restarted that would refuse its settings, then the old container runs on', async ({
    shop,
  }) => {
    const idOf = () => docker('inspect', '--format', '{{.Id}}', containerOf(shop, 'order-service'));
    const before = await idOf();
    const wrong = { ...shop.environment, OTEL_TRACES_SAMPLER: 'sometimes' };
    const { status, stderr } = await runVitrine(wrong, 'restart', 'order-service');
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(
        /OTEL_TRACES_SAMPLER is invalid.*order-service runs as it did before\.\n$/s,
      ),
    });
    expect(await idOf()).toBe(before);
    expect(await stateOf(shop, 'order-service')).toBe('ready');
    expect(await shop.vitrine('restart', 'order-service')).toEqual({
      ...{ status: 0, stdout: 'order-service is ready.\n', stderr: '' },
    });
    expect(await docker('ps', '--all', '--quiet', '--filter', 'name=trial')).toBe('');
  });

  test('and it is told nothing of its place, then its commands know', async ({ shop }) => {
    const untold = { ...shop.environment, PORT_OFFSET: '' };
    expect((await runVitrine(untold, 'status')).status).toBe(0);
    expect((await runVitrine(untold, 'up')).stdout).toContain('Everything was running already.');
    expect((await runVitrine({ ...untold, PORT_OFFSET: '1' }, 'status')).status).toBe(2);
  });

  test('then its log can be read', async ({ shop }) => {
    const { stdout } = await shop.vitrine('logs', '--lines', '500', 'frontend');
    expect(stdout).toMatch(/^\{.*"msg":"listening"\}$/m);
    expect((await shop.vitrine('logs', '--lines', '1')).stdout).toMatch(/^user-service +\| \{/m);
    expect(await shop.vitrine('logs', 'console')).toEqual({
      ...{ status: 1, stdout: '', stderr: 'console is not one of the twelve containers.\n' },
    });
  });

  test('and .env changes, then up says which parts it made anew, and ends when these are ready', async ({
    shop,
  }) => {
    await appendFile(join(shop.home, '.env'), 'LOG_LEVEL=debug\n');
    const before = await docker('inspect', '--format', '{{.Id}}', containerOf(shop, 'frontend'));
    const { status, stdout } = await shop.vitrine('up');
    expect(status).toBe(0);
    expect(stdout).not.toContain('Everything was running already.');
    expect(stdout.match(/^ {2}\S+ is ready/gm)?.sort()).toEqual([
      ...['  frontend is ready', '  order-service is ready'],
      ...['  product-service is ready', '  user-service is ready'],
    ]);
    expect(await docker('inspect', '--format', '{{.Id}}', containerOf(shop, 'frontend'))).not.toBe(before);
    expect((await shop.vitrine('status')).status).toBe(0);
  });

  test('and it is taken down and has other passwords, then it opens with its data, also without Node', async ({
    shop,
  }) => {
    const { username, password } = await newCustomer(shop);
    await compose(shop, 'down');
    expect(await leftovers(shop)).toEqual({ containers: '', networks: '' });

    const envFile = join(shop.home, '.env');
    const variables = await readFile(envFile, 'utf8');
    const renew = (name: string) => `${name}=${randomBytes(16).toString('hex')}`;
    await writeFile(
      envFile,
      variables.replace(/^(\w+_DB_(?:MIGRATION_)?PASSWORD)=.*/gm, (_, name) => renew(name)),
    );

    const runWithoutNode = withoutNode(shop);
    const up = await runWithoutNode('start.sh');
    expect(up).toMatchObject({ status: 0 });
    expect(up.stdout).toContain(`http://127.0.0.1:${shop.ports.frontend}`);
    expect((await fetch(`${shop.urls.frontend}/`)).status).toBe(200);
    expect(await logInStatus(shop, username, password)).toBe(200);
    expect(await runWithoutNode('stop.sh')).toMatchObject({ status: 0 });
    expect(await leftovers(shop)).toEqual({ containers: '', networks: '' });
  });
});

plain('When there is no .env, then docker compose says what to run', async () => {
  const site = await prepareDockerSite();
  onTestFinished(site.stop);
  const { PATH, HOME } = site.environment;
  const folder = temporaryFolder();
  const { status, stderr } = await runIn(
    ...[{ PATH, HOME }, 'docker', 'compose', '--project-directory', folder],
    ...['--file', join(root, 'docker-compose.yml'), 'config', '--quiet'],
  );
  expect(status).not.toBe(0);
  expect(stderr).toContain('run ./start.sh, which makes .env');
});

plain('When the Docker client names proxies, then no part but the databases gets one', async () => {
  const site = await prepareDockerSite();
  onTestFinished(async () => {
    await compose(site, 'down', '--volumes');
    await site.stop();
  });
  await site.vitrine('down');
  const DOCKER_CONFIG = temporaryFolder();
  const proxy = 'http://proxy.example:3128';
  const proxies = { default: { httpProxy: proxy, httpsProxy: proxy, allProxy: proxy } };
  await writeFile(join(DOCKER_CONFIG, 'config.json'), JSON.stringify({ proxies }));
  // Compose may be a plugin of this user.
  symlinkSync(join(homedir(), '.docker/cli-plugins'), join(DOCKER_CONFIG, 'cli-plugins'));
  const behindProxy = { ...site, environment: { ...site.environment, DOCKER_CONFIG } };
  await compose(behindProxy, 'create', '--pull', 'missing');
  for (const [part, { Config }] of await inspectContainers(site)) {
    const set = Config.Env.filter((variable) => variable.includes(proxy));
    if (part.endsWith('_dbase')) expect(set, part).not.toEqual([]);
    else expect(set, part).toEqual([]);
  }
});

plain('When a port is taken, then its owner is named and nothing is started', async () => {
  const site = await prepareDockerSite();
  onTestFinished(site.stop);
  const intruder = createServer().listen(site.ports.grafana, '127.0.0.1');
  onTestFinished(() => void intruder.close());
  await once(intruder, 'listening');
  const { status, stderr } = await site.vitrine('up', '--docker');
  expect(status).toBe(1);
  expect(stderr).toContain(
    `Port ${site.ports.grafana}, which grafana needs, is taken by process ${process.pid}: `,
  );
  expect(await leftovers(site)).toEqual({ containers: '', networks: '' });
});

plain(
  'When up is interrupted half-way, then nothing is left but the volumes, and a reset takes them',
  async () => {
    const site = await prepareDockerSite();
    onTestFinished(async () => {
      await site.vitrine('down', '--reset');
      await site.stop();
    });
    const up = spawn(join(root, 'start.sh'), { env: site.environment, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(up, 'close');
    for await (const chunk of up.stdout) if (String(chunk).includes(' is ready')) break;
    expect((await inspectContainers(site)).size).toBeGreaterThan(0);
    up.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    expect(await leftovers(site)).toEqual({ containers: '', networks: '' });
    const volumes = () => docker('volume', 'ls', '--quiet', '--filter', ofProject(site));
    expect(await volumes()).not.toBe('');
    expect(await withoutNode(site)('stop.sh', '--reset')).toMatchObject({ status: 0 });
    expect(await volumes()).toBe('');
  },
);

function runIn(
  environment: NodeJS.Dict<string>,
  program: string,
  ...args: readonly string[]
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { env: environment }, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

/** Runs a script of a checkout on a machine with bash and Docker only. */
function withoutNode(site: Site): (script: string, ...args: readonly string[]) => Promise<Outcome> {
  const checkout = temporaryFolder();
  const isOurs = (path: string) => !/\/(?:node_modules|dist|\.git|\.vitrine|\.env)$/.test(path);
  cpSync(root, checkout, { recursive: true, verbatimSymlinks: true, filter: isOurs });
  // Some users clone under umask 077.
  execFileSync('chmod', ['-R', 'go=', checkout]);
  const bin = join(temporaryFolder(), 'bin');
  mkdirSync(bin);
  const searchPath = site.environment.PATH ?? '';
  const ofEverySystem = [
    ...[
      'env',
      'dirname',
      'readlink',
      'head',
      'base64',
      'tr',
      'grep',
      'sort',
      'chmod',
      'mkdir',
      'tail',
      'touch',
      'sed',
      'mv',
    ],
  ];
  for (const program of ['bash', 'docker', ...ofEverySystem]) {
    symlinkSync(findProgram([program], searchPath) ?? program, join(bin, program));
  }
  const moved = portNames.map((name) => [portVariable(name), String(site.ports[name])]);
  const { HOME, DOCKER_HOST } = site.environment;
  const environment = { PATH: bin, HOME, DOCKER_HOST, VITRINE_HOME: site.home, ...Object.fromEntries(moved) };
  return (script, ...args) => runIn(environment, join(checkout, script), ...args);
}

function ofProject(site: Site): string {
  return `label=com.docker.compose.project=${projectOf(site)}`;
}

async function leftovers(site: Site) {
  return {
    containers: await docker('ps', '--all', '--quiet', '--filter', ofProject(site)),
    networks: await docker('network', 'ls', '--quiet', '--filter', ofProject(site)),
  };
}

async function inspectPart(site: Site, part: string) {
  const found = (await inspectContainers(site)).get(part);
  if (found) return found;
  throw new Error(`${part} has no container`);
}

async function stateOf(site: Site, part: string): Promise<string | undefined> {
  const { stdout } = await site.vitrine('status');
  return new RegExp(`^${part} +(\\w+(?: \\w+)?)  `, 'm').exec(stdout)?.[1];
}

async function logInStatus({ urls }: Site, username: string, password: string): Promise<number> {
  const response = await fetch(`${urls['user-service']}/api/user/login`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
    body: JSON.stringify({ username, password }),
  });
  return response.status;
}
