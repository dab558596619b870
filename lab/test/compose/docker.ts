import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { test as base } from 'vitest';
import { z } from 'zod';
import { projectName } from '../../src/compose/compose.ts';
import { prepareSite, root, type Site } from '../stack/start-stack.ts';

/** Resolves to what `docker` says; rejects when it fails, with what it said on stderr. */
export async function docker(...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)('docker', args)).stdout.trim();
}

/** As the names of the containers, volumes and so on begin. */
export function projectOf({ home }: Site): string {
  return projectName({ root, home });
}

/** The part's container. */
export function containerOf(site: Site, part: string): string {
  return `${projectOf(site)}-${part}-1`;
}

/** A site whose `./vitrine` may use the engine. */
export function prepareDockerSite(environment: NodeJS.Dict<string> = {}): Promise<Site> {
  // biome-ignore lint/style/noProcessEnv: the engine that docker uses in this shell
  return prepareSite({ DOCKER_HOST: process.env.DOCKER_HOST, ...environment });
}

/** A test with a `shop` in containers, once a file. */
// biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
export const test = base.extend('shop', { scope: 'file' }, async ({}, { onCleanup }) => {
  const site = await prepareDockerSite();
  onCleanup(async () => {
    await site.vitrine('down', '--reset');
    await site.stop();
  });
  const { status, stdout, stderr } = await site.vitrine('up', '--docker');
  if (status === 0) return site;
  await site.vitrine('down', '--reset');
  await site.stop();
  throw new Error(`./vitrine up --docker ended with exit status ${status}:\n${stdout}${stderr}`);
});

const inspectionSchema = z.array(
  z.object({
    Config: z.object({
      Image: z.string(),
      User: z.string(),
      Labels: z.object({ 'com.docker.compose.service': z.string() }),
    }),
    HostConfig: z.object({
      Memory: z.number(),
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
    RestartCount: z.number(),
  }),
);
export type Inspection = z.output<typeof inspectionSchema>[number];

/** What the engine knows of the site's containers, by part. */
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

/** Resident memory without the page cache that can be given back, in bytes by part. */
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
