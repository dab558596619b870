import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { whyNotFree } from '../../src/native/port-owner.ts';
import type { PartName, PortName } from '../../src/part-names.ts';
import { findPlaces, readSettings } from '../../src/settings.ts';

export const root = resolve(import.meta.dirname, '../../..');

/** What makes the shop run natively even where Docker could be used. */
const noEngine = 'unix:///nowhere/docker.sock';

/** A place for a shop of one's own: nothing runs in it yet, and its ports are free. */
export type Site = {
  home: string;
  ports: Record<PortName, number>;
  urls: Record<'frontend' | 'user-service' | 'product-service' | 'order-service', string>;
  /** What its `./vitrine` is run with. */
  environment: NodeJS.Dict<string>;
  /** Runs `./vitrine` to its end. */
  vitrine: (...args: readonly string[]) => Promise<{ status: number; stdout: string; stderr: string }>;
  /** Takes down what runs, and deletes everything. */
  stop: () => Promise<void>;
};

/** A site with a shop that is open. `environment` adds to that of this process. */
export async function startStack(environment: NodeJS.Dict<string> = {}): Promise<Site> {
  const site = await prepareSite(environment);
  const { status, stdout, stderr } = await site.vitrine('up');
  if (status === 0) return site;
  await site.stop();
  throw new Error(`./vitrine up ended with exit status ${status}:\n${stdout}${stderr}`);
}

export async function prepareSite(environment: NodeJS.Dict<string> = {}): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-stack-'));
  const home = join(folder, 'home of the shop');
  const { offset, ports } = await findFreePorts(home);
  // biome-ignore lint/style/noProcessEnv: a shell in which someone runs ./vitrine
  const shell = { ...process.env, DOCKER_HOST: noEngine, ...environment };
  const env = { ...shell, VITRINE_HOME: home, PORT_OFFSET: String(offset) };
  const vitrine: Site['vitrine'] = async (...args) => {
    const child = spawn(join(root, 'vitrine'), args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { status: Number(status), stdout, stderr };
  };
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
      const { status, stdout, stderr } = await vitrine('down');
      if (status !== 0)
        throw new Error(`./vitrine down ended with exit status ${status}:\n${stdout}${stderr}`);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An offset to free ports: above those that fetch refuses, below those that outgoing connections get. */
async function findFreePorts(home: string): Promise<{ offset: number; ports: Record<PortName, number> }> {
  for (;;) {
    const offset = randomInt(400, 790) * 20;
    const { ports } = readSettings(findPlaces({ VITRINE_HOME: home }), { PORT_OFFSET: String(offset) });
    const answers = await Promise.all(Object.values(ports).map((port) => whyNotFree('127.0.0.1', port)));
    if (answers.every((why) => why === undefined)) return { offset, ports };
  }
}
