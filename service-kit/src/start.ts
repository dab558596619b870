import { inspect } from 'node:util';
import { createLogger, logEvent } from './logger';
import { logs } from './registry/kit';
import { noteStop } from './telemetry/process-metrics';
import { stopTelemetry } from './telemetry/start';

/**
 * Runs a service's start-up. When it fails, or when the service later throws an uncaught error, the process ends with
 * status 1 and reports the reason to stderr and the backends. On stderr a bug has its stack; a refusal from outside at
 * the start (of a database account, for example) is one line. SIGTERM and SIGINT end a start with status 0.
 */
export function start(main: () => Promise<void>): void {
  let isEnding = false;
  const end = async (
    event: typeof logs.cannotStart | typeof logs.crashed,
    error: unknown,
    report: string,
  ): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    process.stderr.write(`${report}\n`);
    // Standard output stays empty: the instrumentation of pino still sends the record.
    const logger = createLogger({ level: 'fatal' }, { write: () => undefined });
    logEvent(logger, event, { err: error });
    await stopTelemetry();
    process.exit(1);
  };
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.once(signal, async () => {
      // Once the service listens, `serve` ends it in order.
      if (process.listenerCount(signal) > 0) return;
      noteStop();
      await stopTelemetry();
      process.exit(0);
    });
  }
  process.on('uncaughtException', (error) => end(logs.crashed, error, `Crashed: ${inspect(error)}`));
  main().catch((error: unknown) => {
    const isRefusal = error instanceof Error && 'code' in error;
    return end(logs.cannotStart, error, `Cannot start: ${isRefusal ? error.message : inspect(error)}`);
  });
}
