import { LabError } from '../lab-error.ts';
import type { Settings } from '../settings.ts';
import { composeArguments, composeEnvironment, createDocker } from './compose.ts';

/** The address at which Alertmanager's container finds this machine; undefined when the container does not run. */
export async function hostAddress(settings: Settings, signal: AbortSignal): Promise<string | undefined> {
  const docker = createDocker(composeEnvironment(settings), signal);
  const read = ['exec', '--no-TTY', 'alertmanager', 'cat', '/etc/hosts'];
  try {
    const hosts = await docker(...composeArguments(settings), ...read);
    return /^([\d.]+)\s+host\.docker\.internal$/m.exec(hosts)?.[1];
  } catch (error) {
    if (error instanceof LabError && !signal.aborted) return undefined;
    throw error;
  }
}
