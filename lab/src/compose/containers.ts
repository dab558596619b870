import { z } from 'zod';
import { type PartName, partNames, portNames } from '../part-names.ts';
import { defaultPorts } from '../settings.ts';
import type { Ports } from '../shop-record.ts';
import type { Docker } from './compose.ts';

/** A part's container, as the engine knows it. */
export type Container = {
  /** Changes when the container is replaced. */
  id: string;
  part: PartName;
  state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  /** Undefined where the image allows no health check. */
  health: 'starting' | 'healthy' | 'unhealthy' | undefined;
  exitStatus: number;
  isOutOfMemory: boolean;
  /** How often it has ended by itself since it was made. */
  restartCount: number;
  startedAt: Date;
  /** Ports of this machine that lead to it. */
  publishedPorts: Ports;
  /** The address of this machine on which these are; undefined when there are none. */
  publishedAddress: string | undefined;
};

/** Reads `{ "5000/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "15000" }] }`. */
const bindingsSchema = z
  .record(z.string(), z.array(z.object({ HostIp: z.string().optional(), HostPort: z.coerce.number() })))
  .nullish()
  .transform((bindings): Pick<Container, 'publishedPorts' | 'publishedAddress'> => {
    const found = portNames.map((name) => [name, bindings?.[`${defaultPorts[name]}/tcp`]?.[0]?.HostPort]);
    return {
      publishedPorts: Object.fromEntries(found.filter(([, port]) => port !== undefined)),
      publishedAddress: Object.values(bindings ?? {})[0]?.[0]?.HostIp || undefined,
    };
  });

const configSchema = z.object({
  Labels: z.object({ 'com.docker.compose.service': z.enum(partNames) }),
});
const partSchema = z.object({ Config: configSchema });

const containersSchema = z.array(
  z
    .object({
      Id: z.string(),
      RestartCount: z.number(),
      State: z.object({
        Status: z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']),
        ExitCode: z.number(),
        OOMKilled: z.boolean(),
        StartedAt: z.coerce.date(),
        Health: z.object({ Status: z.string() }).optional(),
      }),
      HostConfig: z.object({ PortBindings: bindingsSchema }),
      Config: configSchema,
    })
    .transform(
      ({ Id, RestartCount, State, HostConfig, Config }): Container => ({
        id: Id,
        part: Config.Labels['com.docker.compose.service'],
        state: State.Status,
        health: z
          .enum(['starting', 'healthy', 'unhealthy'])
          .optional()
          .catch(undefined)
          .parse(State.Health?.Status),
        exitStatus: State.ExitCode,
        isOutOfMemory: State.OOMKilled,
        restartCount: RestartCount,
        startedAt: State.StartedAt,
        ...HostConfig.PortBindings,
      }),
    ),
);

/** The project's containers, including those that have ended. */
export async function listContainers(docker: Docker, project: string): Promise<readonly Container[]> {
  for (;;) {
    const ids = await listIds(docker, 'container', project);
    if (ids.length === 0) return [];
    const inspection = await docker('container', 'inspect', ...ids).catch((error) => {
      if (!/No such container/i.test(String(error))) throw error;
    });
    // The inspection is undefined when a container was removed since it was listed.
    if (inspection === undefined) continue;
    // The load tests are in the project, but no part of the shop.
    const all = z.array(z.unknown()).parse(JSON.parse(inspection));
    return containersSchema.parse(all.filter((each) => partSchema.safeParse(each).success));
  }
}

/** The ids of the project's containers, volumes or networks. */
export async function listIds(
  docker: Docker,
  kind: 'container' | 'volume' | 'network',
  project: string,
): Promise<string[]> {
  // The filter leaves out containers of `docker compose run`.
  const all = kind === 'container' ? ['--all', '--filter', 'label=com.docker.compose.oneoff=False'] : [];
  const filter = `label=com.docker.compose.project=${project}`;
  const output = await docker(kind, 'ls', ...all, '--quiet', '--filter', filter);
  return output.split('\n').filter((id) => id !== '');
}

/** Whether the container holds its ports. */
export function isRunning(container: Container | undefined): boolean {
  return ['running', 'paused', 'restarting'].includes(container?.state ?? 'exited');
}
