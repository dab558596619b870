import { LabError } from './lab-error.ts';
import { findPortOwner, findSharer, type PortOwner, whyNotFree } from './native/port-owner.ts';
import type { PartName } from './part-names.ts';
import type { Mode } from './shop-record.ts';

/** A port of this machine on which a part will listen; `host` is the address of the interface. */
export type WantedPort = { name: PartName; port: number; host: string };

/**
 * Throws a LabError that names every taken port and, where it can be seen, its owner. In native mode it also names
 * ports that this user may not listen on; Docker's engine may.
 */
export async function refuseTakenPorts(wanted: readonly WantedPort[], mode: Mode = 'native'): Promise<void> {
  const complaints = await Promise.all(
    wanted.map(async ({ name, port, host }) => {
      const why = await whyNotFree(host, port);
      if (why === undefined) return [];
      if (why === 'EADDRNOTAVAIL' && mode === 'native') {
        throw new LabError(`BIND_ADDRESS=${host} is not an address of this machine: set another one.`);
      }
      if (why !== 'EADDRINUSE') {
        return mode === 'docker' ? [] : [`${name} cannot listen on ${host}:${port}: ${why}.`];
      }
      return [isTaken(name, port, findPortOwner(port))];
    }),
  );
  if (complaints.flat().length > 0) throw portsTaken(complaints.flat());
}

/**
 * Throws a LabError when not only process `pid` listens on the port. Services of one user can share it, so two shops that
 * start at the same moment both get past `refuseTakenPorts`.
 */
export function refuseSharedPort({ name, port }: Omit<WantedPort, 'host'>, pid: number): void {
  const other = findSharer(port, pid);
  if (other) throw portsTaken([isTaken(name, port, other)]);
}

function isTaken(name: PartName, port: number, { pid, command = '' }: PortOwner): string {
  const owner = pid === undefined ? "another user's process" : `process ${pid}: ${command.slice(0, 160)}`;
  return `Port ${port}, which ${name} needs, is taken by ${owner}`;
}

function portsTaken(complaints: readonly string[]): LabError {
  return new LabError(
    `${complaints.join('\n')}\nEnd it, or move the shop, for example PORT_OFFSET=11000 ./start.sh (.env.example has more).`,
  );
}
