import { LabError } from '../lab-error.ts';
import { makeReadable } from '../native/check-pipeline.ts';
import { poll } from '../poll.ts';
import { whyNotOk } from '../readiness.ts';
import type { Docker } from './compose.ts';

const readyLimitMs = 60_000;
const checkTimeoutMs = 2000;
const healthPort = '13133';

/**
 * Runs the collector with its present configuration in a container of its own until it is ready, while the old one
 * works on. Throws a LabError with its complaint. `cleanUp` works after an interruption.
 */
export async function tryPipeline(
  trial: string,
  {
    docker,
    compose,
    cleanUp,
    signal,
  }: { docker: Docker; compose: Docker; cleanUp: Docker; signal: AbortSignal },
): Promise<void> {
  const remove = () => cleanUp('rm', '--force', '--volumes', trial).catch(() => undefined);
  const isReady = async () => {
    const state = await docker('container', 'inspect', '--format', '{{.State.Status}}', trial);
    if (state !== 'running') throw refusal(makeReadable(await docker('logs', trial)));
    // There is no port any more when it has just ended.
    const address = await docker('port', trial, healthPort).catch(() => '');
    if (address === '') return undefined;
    return (await whyNotOk(`http://${address}/`, checkTimeoutMs)) === undefined || undefined;
  };
  await remove();
  try {
    const options = ['--detach', '--no-deps', '--name', trial, '--publish', `127.0.0.1::${healthPort}`];
    await compose('run', ...options, 'otel-collector');
    if (await poll(isReady, { intervalMs: 200, limitMs: readyLimitMs, signal })) return;
    throw refusal(`  It is not ready after ${readyLimitMs / 1000} s.`);
  } finally {
    await remove();
  }
}

function refusal(why: string): LabError {
  return new LabError(`The collector refuses its configuration:\n${why}`);
}
