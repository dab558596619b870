const FLUSH_LIMIT_MS = 2000;

let sdk: ReturnType<typeof import('./telemetry-sdk')['startSdk']> | undefined;

/**
 * Starts traces, metrics and logs over OTLP/gRPC, addressed by the standard `OTEL_*` variables. To be called from a
 * file that node loads with `--require`, before anything that makes spans, metrics or log records. Does nothing with
 * `OTEL_SDK_DISABLED=true`; ends the process, and says why, when an endpoint is no address.
 */
export function startTelemetry(options: { serviceName: string }): void {
  // biome-ignore lint/style/noProcessEnv: the SDK's own variable, before any configuration is read
  if (process.env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return;
  refuseBadEndpoints();
  // Loaded only now: a process without telemetry does without the SDK's 30 MB.
  const { startSdk } = require('./telemetry-sdk') as typeof import('./telemetry-sdk');
  sdk = startSdk(options.serviceName);
}

export function isTelemetryOn(): boolean {
  return sdk !== undefined;
}

/** With a bad one the SDK would lose everything without a word. */
function refuseBadEndpoints(): void {
  // biome-ignore lint/style/noProcessEnv: as above
  const variables = Object.entries(process.env).filter(([name]) =>
    /^OTEL_EXPORTER_OTLP_(?:\w+_)?ENDPOINT$/.test(name),
  );
  const bad = variables.find(([, value]) => value && !URL.canParse(value));
  if (!bad) return;
  process.stderr.write(`${bad[0]} must be an address such as http://localhost:4317, not "${bad[1]}".\n`);
  process.exit(1);
}

/** Runs the work without making spans: it belongs to no request, or would only be noise in one. */
export function untraced<Result>(work: () => Result): Result {
  return sdk ? sdk.untraced(work) : work();
}

/** Sends what is still queued, within two seconds, and stops. To be called last. */
export async function stopTelemetry(): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, FLUSH_LIMIT_MS);
  });
  // A collector that is away is no reason to fail a shutdown.
  await Promise.race([sdk?.shutdown().catch(() => undefined), limit]);
  clearTimeout(timer);
}
