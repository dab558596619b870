import { LabError } from '../lab-error.ts';
import type { Progress } from '../progress.ts';
import { refuseSharedPort } from '../taken-ports.ts';
import { waitUntilReady } from './bring-up.ts';
import type { NativePart } from './native-part.ts';
import { listensOn } from './port-owner.ts';
import { reportKilled } from './take-down.ts';

/**
 * Replaces the process of a service without a moment in which nobody listens: starts a new one beside it, on the same
 * port, and stops the old one, which finishes its requests, once the new one listens. A service listens when it has its
 * database, and not before. Throws a LabError when the new one does not get there; the old one works on.
 */
export async function handOver(one: NativePart, { report, signal }: Progress): Promise<void> {
  const { part, process } = one;
  const successor = await process.startSuccessor(await one.prepare(signal));
  const whyNotReady = async () => {
    const now = successor.readState();
    const listens = now.state === 'running' && listensOn(part.port, now.process.pid);
    return listens ? undefined : 'does not listen yet';
  };
  try {
    await waitUntilReady({ part, process: successor, whyNotReady }, signal, () => {});
  } catch (error) {
    await successor.stop();
    throw error;
  }
  const { hadToBeKilled } = await process.succeed();
  if (hadToBeKilled) reportKilled(part, report);
  // The old one took up to ten seconds to end.
  const now = process.readState();
  if (now.state !== 'running') throw new LabError(`${part.name} ended. ${process.quoteLog()}`);
  refuseSharedPort(part, now.process.pid);
}
