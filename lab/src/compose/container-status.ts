import type { PartStatus } from '../stack.ts';
import type { Container } from './containers.ts';
import type { DockerPart } from './docker-parts.ts';

/** 0: the program ended in order; 143: it was ended by SIGTERM, which it does not handle. */
const orderlyExits = [0, 143];

export async function statusOf(part: DockerPart, container: Container | undefined): Promise<PartStatus> {
  const { name, address } = part;
  if (container === undefined) return { part: name, address, state: 'stopped' };
  const { state, startedAt } = container;
  switch (state) {
    case 'running': {
      const why = await part.whyNotReady(container);
      const running = { part: name, address, startedAt };
      return why === undefined
        ? { ...running, state: 'ready' }
        : { ...running, state: 'not ready', detail: why };
    }
    case 'paused':
      return { part: name, address, startedAt, state };
    case 'restarting':
      return {
        part: name,
        address,
        state: 'not ready',
        detail: `${describeExit(container)}, and starts again`,
      };
    case 'exited':
    case 'dead':
      if (orderlyExits.includes(container.exitStatus)) return { part: name, address, state: 'stopped' };
      return { part: name, address, state: 'ended', detail: describeExit(container) };
    default:
      return { part: name, address, state: 'stopped' };
  }
}

/** The exit in words. The engine follows the shell's convention: 128 + the signal's number. */
export function describeExit({ exitStatus, isOutOfMemory }: Container): string {
  if (isOutOfMemory) return 'ran out of memory';
  return exitStatus === 137 ? 'was killed by SIGKILL' : `ended with exit status ${exitStatus}`;
}
