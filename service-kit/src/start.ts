import { inspect } from 'node:util';
import { createLogger, logEvent } from './logger';
import { logs } from './registry/kit';
import { stopTelemetry } from './telemetry/start';

/**
 * Runs a service's start-up. When it fails, or later throws what nobody catches, the process ends with status 1, and
 * stderr and the backends are told why. On stderr what the world around refuses at the start (a database account, say)
 * is one line, a bug its stack.
 */
export function start(main: () => Promise<void>): void {
  let isEnding = false;
  const end = async (
    event: typeof logs.cannotStart | typeof logs.crashed,
    error: unknown,
    words: string,
  ): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    process.stderr.write(`${words}\n`);
    const elsewhere = createLogger({ level: 'fatal' }, { write: () => undefined });
    logEvent(elsewhere, event, { err: error });
    await stopTelemetry();
    process.exit(1);
  };
  process.on('uncaughtException', (error) => end(logs.crashed, error, `Crashed: ${inspect(error)}`));
  main().catch((error: unknown) => {
    const isRefusal = error instanceof Error && 'code' in error;
    return end(logs.cannotStart, error, `Cannot start: ${isRefusal ? error.message : inspect(error)}`);
  });
}
