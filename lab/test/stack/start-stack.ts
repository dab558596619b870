import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { whyNotFree } from '../../src/native/port-owner.ts';
import type { PartName, PortName } from '../../src/part-names.ts';
import { findPlaces, readSettings } from '../../src/settings.ts';

export const root = resolve(import.meta.dirname, '../../..');

/** An engine that is not there: the shop runs natively even where Docker could be used. */
const noEngine = 'unix:///nowhere/docker.sock';

/** Node keeps what it has compiled of the lab here: a command starts in half the time, and there are hundreds. */
const compiled = join(root, 'node_modules/.cache/node');

/** The exit status of a command, and its output. */
export type Outcome = { status: number; stdout: string; stderr: string };
const nothing: Outcome = { status: 0, stdout: '', stderr: '' };

/** A place for one shop: nothing runs in it yet, and its ports are free. */
export type Site = {
  home: string;
  ports: Record<PortName, number>;
  urls: Record<'frontend' | 'user-service' | 'product-service' | 'order-service', string>;
  /** The environment of its `./vitrine`. */
  environment: NodeJS.Dict<string>;
  /** Runs `./vitrine` to its end. */
  vitrine: (...args: readonly string[]) => Promise<Outcome>;
  /** Takes the shop down, and deletes everything. */
  stop: () => Promise<void>;
};

/** Opens a shop on a site of its own. `environment` adds to that of this process. */
export async function startStack(environment: NodeJS.Dict<string> = {}): Promise<Site> {
  const site = await prepareSite(environment);
  const { status, stdout, stderr } = await site.vitrine('up');
  if (status === 0) return site;
  await site.stop();
  throw new Error(`./vitrine up ended with exit status ${status}:\n${stdout}${stderr}`);
}

/** Prepares a site; its commands are those of `checkout`, a copy of this repository, if it is given. */
export async function prepareSite(environment: NodeJS.Dict<string> = {}, checkout = root): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-stack-'));
  const home = join(folder, 'home of the shop');
  const { offset, ports } = await findFreePorts(home);
  // biome-ignore lint/style/noProcessEnv: a shell in which someone runs ./vitrine
  const shell = { NODE_COMPILE_CACHE: compiled, ...process.env, DOCKER_HOST: noEngine, ...environment };
  const env = { ...shell, VITRINE_HOME: home, PORT_OFFSET: String(offset) };
  const vitrine: Site['vitrine'] = (...args) => run(checkout, env, args);
  const urlOf = (part: PartName) => `http://127.0.0.1:${ports[part]}`;
  return {
    home,
    ports,
    urls: {
      frontend: urlOf('frontend'),
      'user-service': urlOf('user-service'),
      'product-service': urlOf('product-service'),
      'order-service': urlOf('order-service'),
    },
    environment: env,
    vitrine,
    async stop() {
      const { status, stdout, stderr } = existsSync(home) ? await vitrine('down') : nothing;
      if (status !== 0)
        throw new Error(`./vitrine down ended with exit status ${status}:\n${stdout}${stderr}`);
      // A part's last process may still write down how the part ended.
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

/** Runs `./vitrine` in this environment to its end. */
export function runVitrine(environment: NodeJS.Dict<string>, ...args: readonly string[]): Promise<Outcome> {
  return run(root, environment, args);
}

async function run(
  checkout: string,
  environment: NodeJS.Dict<string>,
  args: readonly string[],
): Promise<Outcome> {
  // The packages of a copy are those of this repository: nothing may install others.
  const ours = checkout === root;
  const program = ours ? join(root, 'vitrine') : process.execPath;
  const all = ours ? args : [join(checkout, 'lab/src/cli.ts'), ...args];
  const child = spawn(program, all, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { status: Number(status), stdout, stderr };
}

/**
 * An offset to free ports: above those that fetch refuses, below those that outgoing connections get. A worker of vitest
 * has offsets of its own, and no two multiples of 140 make a port of one part that of another.
 */
export async function findFreePorts(
  home: string,
): Promise<{ offset: number; ports: Record<PortName, number> }> {
  // biome-ignore lint/style/noProcessEnv: that is how vitest numbers its workers
  const worker = Number(process.env.VITEST_POOL_ID ?? 1) % 5;
  for (;;) {
    const offset = (58 + worker + 5 * randomInt(11)) * 140;
    const { ports } = readSettings(findPlaces({ VITRINE_HOME: home }), { PORT_OFFSET: String(offset) });
    const answers = await Promise.all(Object.values(ports).map((port) => whyNotFree('127.0.0.1', port)));
    if (answers.every((why) => why === undefined)) return { offset, ports };
  }
}
