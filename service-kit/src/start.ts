import { constants } from 'node:os';
import { inspect } from 'node:util';
import { isUnavailability } from './database-error';
import { HttpError } from './http-error';
import { createLogger, logEvent } from './logger';
import { logs } from './registry/kit';
import { StartRefused } from './start-refused';
import { onStopSignal } from './stop-signal';
import { noteStop } from './telemetry/process-metrics';
import { stopTelemetry } from './telemetry/start';

/**
 * Runs a service's start-up. When it fails, or when the service later throws an uncaught error, the process ends with
 * status 1 and reports the reason to stderr and the backends. On stderr a bug has its stack; a refusal from outside at
 * the start (of a database account, for example) is one line. SIGTERM or SIGINT during the start ends the process at
 * once, with the status that a shell gives for the signal.
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
  // Without a handler the buffered log lines would be lost, and a container's first process would ignore the signal.
  onStopSignal(async (signal) => {
    if (isEnding) return;
    isEnding = true;
    noteStop();
    logEvent(createLogger({ level: 'warn' }), logs.startAbandoned, { signal });
    await stopTelemetry();
    process.exit(128 + constants.signals[signal]);
  });
  process.on('uncaughtException', (error) => end(logs.crashed, error, `Crashed: ${inspect(error)}`));
  main().catch((error: unknown) => {
    const reason = isFromOutside(error) ? lineOf(error) : inspect(error);
    return end(logs.cannotStart, error, `Cannot start: ${reason}`);
  });
}

/** Tells what the system, the database or this project's code refuses from a bug, which may have a `code`, too. */
function isFromOutside(error: unknown): error is Error {
  if (error instanceof StartRefused || error instanceof HttpError || isUnavailability(error)) return true;
  return error instanceof Error && ('syscall' in error || 'sqlState' in error);
}

function lineOf(error: Error): string {
  // A 503 names the part; its cause says what is wrong with it.
  const { cause } = error;
  const why = error instanceof HttpError && cause instanceof Error ? `: ${cause.message}` : '';
  // Where a name has two addresses and neither can be reached, the error has a code and no message.
  const message = error.message || ('code' in error && error.code) || error.name;
  return `${message}${why}`.replace(/\s+/g, ' ');
}
