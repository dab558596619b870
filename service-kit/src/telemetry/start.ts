import { setTimeout as delay } from 'node:timers/promises';
import { readEnvironment } from '../config';
import { telemetrySettings } from './environment';

const FLUSH_LIMIT_MS = 2000;

/** Undefined while telemetry is off: a process without it does without the 30 MB of the SDK. */
let sdk: ReturnType<typeof import('./sdk')['startSdk']> | undefined;

/**
 * Starts traces, metrics and logs, as the standard `OTEL_*` variables want them. Has to be called from a file that node
 * loads with `--require`: the instrumentations see only libraries that are loaded after it. A bad variable ends the
 * process with a line on stderr.
 */
export function startTelemetry(serviceName: string): void {
  const settings = readEnvironment(telemetrySettings);
  if (settings.OTEL_SDK_DISABLED === 'true') return;
  const { startSdk } = require('./sdk') as typeof import('./sdk');
  sdk = startSdk(serviceName, settings);
}

/** Runs the work without making spans: it belongs to no request, or would only be noise in one. */
export function untraced<Result>(work: () => Result): Result {
  return sdk ? sdk.untraced(work) : work();
}

/** Sends what is still queued, within two seconds, and stops. The caller ends the process after it. */
export async function stopTelemetry(): Promise<void> {
  // A collector that is away is no reason to fail a shutdown.
  await Promise.race([sdk?.stop().catch(() => undefined), delay(FLUSH_LIMIT_MS)]);
}
