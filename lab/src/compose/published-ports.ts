import { LabError } from '../lab-error.ts';
import { findPortOwner, whyNotFree } from '../native/port-owner.ts';
import type { DockerPart } from './docker-parts.ts';

/** Nothing is started when a port is taken: the message names every taken one and, as far as it shows, who has it. */
export async function refuseTakenPorts(parts: readonly DockerPart[], host: string): Promise<void> {
  const wanted = parts.flatMap(({ name, publishedPorts }) => publishedPorts.map((port) => ({ name, port })));
  const complaints = await Promise.all(
    wanted.map(async ({ name, port }) => {
      const why = await whyNotFree(host, port);
      if (why === undefined) return [];
      if (why !== 'EADDRINUSE') return [`${name} cannot be published on ${host}:${port}: ${why}.`];
      const { pid, command = '' } = findPortOwner(port);
      const owner = pid === undefined ? 'another program' : `process ${pid}: ${command.slice(0, 160)}`;
      return [`Port ${port}, which ${name} needs, is taken by ${owner}`];
    }),
  );
  if (complaints.flat().length === 0) return;
  throw new LabError(
    `${complaints.flat().join('\n')}\nEnd it, or move the shop: PORT_OFFSET=1000 ./start.sh (.env.example has more).`,
  );
}
