import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { test as base } from 'vitest';
import { z } from 'zod';
import { composeEnvironment, projectName } from '../../src/compose/compose.ts';
import { findPlaces, readSettings } from '../../src/settings.ts';
import { prepareSite, root, type Site } from '../stack/start-stack.ts';

/** Runs `docker` and resolves to its output; rejects when it fails, with what it said on stderr. */
export async function docker(...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)('docker', args)).stdout.trim();
}

/** The Compose project of a site: the names of its containers, volumes and so on begin with it. */
export function projectOf({ home }: Site): string {
  return projectName({ root, home });
}

/** The name of a part's container. */
export function containerOf(site: Site, part: string): string {
  return `${projectOf(site)}-${part}-1`;
}

/** A site whose `./vitrine` may use the engine. */
export function prepareDockerSite(environment: NodeJS.Dict<string> = {}): Promise<Site> {
  // biome-ignore lint/style/noProcessEnv: the engine that docker uses in this shell
  return prepareSite({ DOCKER_HOST: process.env.DOCKER_HOST, ...environment });
}

/** The shop in containers, once a file has asked for it. */
let open: Promise<Site> | undefined;

/** A test with a `shop` in containers, which files use one after another, and that each finds as it is after `up`. */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
  .extend('shopOfAll', { scope: 'worker' }, ({}, { onCleanup }) => {
    open ??= openShop(onCleanup);
    return open;
  })
  .extend('shop', { scope: 'file' }, async ({ shopOfAll: site }) => {
    const { status, stdout, stderr } = await site.vitrine('up', '--docker');
    if (status !== 0) throw new Error(`The shop is not whole any more:\n${stdout}${stderr}`);
    return site;
  });

/** Opens the shop by plain `docker compose`, once there are secrets. */
async function openShop(onCleanup: (work: () => Promise<void>) => void): Promise<Site> {
  const site = await prepareDockerSite();
  const close = async () => {
    await site.vitrine('down', '--reset');
    await site.stop();
  };
  try {
    await site.vitrine('down');
    await compose(site, 'up', '--detach', '--wait');
  } catch (error) {
    await compose(site, 'down', '--volumes');
    await close();
    throw error;
  }
  onCleanup(close);
  return site;
}

/** Runs plain `docker compose` on a site's project; rejects when it fails, with what it said on stderr. */
export async function compose(site: Site, ...args: readonly string[]): Promise<string> {
  const { environment } = site;
  const env = composeEnvironment(readSettings(findPlaces(environment), environment));
  const all = ['compose', '--project-directory', root, '--project-name', projectOf(site), ...args];
  return (await promisify(execFile)('docker', all, { env })).stdout.trim();
}

const inspectionSchema = z.array(
  z.object({
    Config: z.object({
      Image: z.string(),
      User: z.string(),
      Env: z.array(z.string()),
      Labels: z.object({ 'com.docker.compose.service': z.string() }),
    }),
    HostConfig: z.object({
      Memory: z.number(),
      PidsLimit: z.number().nullable(),
      RestartPolicy: z.object({ Name: z.string() }),
      LogConfig: z.object({ Config: z.record(z.string(), z.string()) }),
      CapDrop: z.array(z.string()),
      SecurityOpt: z.array(z.string()),
      ReadonlyRootfs: z.boolean(),
      PortBindings: z.record(z.string(), z.array(z.object({ HostIp: z.string(), HostPort: z.string() }))),
    }),
    State: z.object({
      Pid: z.number(),
      OOMKilled: z.boolean(),
      Health: z.object({ Status: z.string() }).optional(),
    }),
    NetworkSettings: z.object({ Networks: z.record(z.string(), z.object({ IPAddress: z.string() })) }),
    RestartCount: z.number(),
  }),
);
export type Inspection = z.output<typeof inspectionSchema>[number];

/** Asks the engine about the site's containers, by part. */
export async function inspectContainers(site: Site): Promise<Map<string, Inspection>> {
  const ids = await docker(
    'ps',
    '--all',
    '--quiet',
    '--filter',
    `label=com.docker.compose.project=${projectOf(site)}`,
  );
  const containers = inspectionSchema.parse(JSON.parse(await docker('inspect', ...ids.split('\n'))));
  return new Map(containers.map((one) => [one.Config.Labels['com.docker.compose.service'], one]));
}

/** Reads resident memory without page cache that can be given back, in bytes by part. */
export async function readMemory(site: Site): Promise<Map<string, number>> {
  const output = await docker('stats', '--no-stream', '--format', '{{.Name}} {{.MemUsage}}');
  const prefix = `${projectOf(site)}-`;
  const rows = output.split('\n').filter((row) => row.startsWith(prefix));
  return new Map(
    rows.map((row) => {
      const [, part = '', amount, unit = ''] =
        /^(\S+)-1 ([\d.]+)([KMG]iB)/.exec(row.slice(prefix.length)) ?? [];
      return [part, Number(amount) * 1024 ** ('KMG'.indexOf(unit.charAt(0)) + 1)];
    }),
  );
}
