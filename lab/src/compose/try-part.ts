import { LabError } from '../lab-error.ts';
import type { PartName } from '../part-names.ts';
import { poll } from '../poll.ts';
import { readyLimitMs } from './bring-up.ts';
import type { Docker } from './compose.ts';

/** How a part is tried: the port inside its container, and what is asked there. */
export type Trial = {
  part: PartName;
  port: number;
  /** Resolves to why the part at this host and port is not ready; to undefined when it is. */
  whyNotReady: (address: string) => Promise<string | undefined>;
  /** What its log says about why it ended. */
  explain: (log: string) => string;
};

/**
 * Runs a part with its present image and settings in a container of its own, `name`, until it is ready, while the old
 * one works on. Throws a LabError with its complaint. `cleanUp` works after an interruption.
 */
export async function tryPart(
  name: string,
  { part, port, whyNotReady, explain }: Trial,
  {
    docker,
    compose,
    cleanUp,
    signal,
  }: { docker: Docker; compose: Docker; cleanUp: Docker; signal: AbortSignal },
): Promise<void> {
  const remove = async () => {
    // It fails when there is none. After a SIGKILL, alerts would take the trial for a service that is down.
    await cleanUp('stop', name).catch(() => undefined);
    await cleanUp('rm', '--force', '--volumes', name).catch(() => undefined);
  };
  let why: string | undefined;
  const isReady = async () => {
    const state = await docker('container', 'inspect', '--format', '{{.State.Status}}', name);
    if (state !== 'running') throw new LabError(explain(await docker('logs', name)));
    // There is no port any more when it has just ended.
    const address = await docker('port', name, String(port)).catch(() => '');
    why = address === '' ? 'does not listen yet' : await whyNotReady(address);
    return why === undefined || undefined;
  };
  await remove();
  try {
    const options = ['--detach', '--no-deps', '--name', name, '--publish', `127.0.0.1::${port}`];
    await compose('run', ...options, part);
    if (await poll(isReady, { intervalMs: 200, limitMs: readyLimitMs, signal })) return;
    throw new LabError(explain(`It is not ready after ${readyLimitMs / 1000} s: ${why}.`));
  } finally {
    await remove();
  }
}
