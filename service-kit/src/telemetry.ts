import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { peerName } from './peers';
import { version } from './version';

const INSTRUMENTATIONS = 'http,express,mysql2,undici,pino,runtime-node';
const RESOURCE_DETECTORS = 'env,host,process,serviceinstance';
const EXPORT_DELAY_MS = 1000;
const METRIC_INTERVAL_MS = 5000;
const METRIC_TIMEOUT_MS = 4000;
const FLUSH_LIMIT_MS = 2000;

let sdk: NodeSDK | undefined;

/**
 * Starts traces, metrics and logs over OTLP/gRPC, addressed by the standard `OTEL_*` variables. To be called from a
 * file that node loads with `--require`, before the libraries it instruments. Does nothing with `OTEL_SDK_DISABLED=true`.
 */
export function startTelemetry(options: { serviceName: string }): void {
  // biome-ignore lint/style/noProcessEnv: the SDK's own configuration, which it reads from here as well
  const env = process.env;
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return;
  env.OTEL_NODE_ENABLED_INSTRUMENTATIONS ||= INSTRUMENTATIONS;
  env.OTEL_NODE_RESOURCE_DETECTORS ||= RESOURCE_DETECTORS;

  sdk = new NodeSDK({
    resource: resourceFromAttributes({
      'service.name': options.serviceName,
      'service.namespace': 'vitrine',
      'service.version': version,
    }),
    instrumentations: [
      getNodeAutoInstrumentations({
        '@opentelemetry/instrumentation-http': { ignoreIncomingRequestHook: ({ url }) => isProbe(url) },
        '@opentelemetry/instrumentation-express': {
          // The enum of these three is not exported by auto-instrumentations-node.
          ignoreLayersType: ['middleware', 'router', 'request_handler'] as never[],
        },
        '@opentelemetry/instrumentation-undici': { startSpanHook: peerAttributes },
      }),
    ],
    spanProcessors: [
      new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: EXPORT_DELAY_MS }),
    ],
    logRecordProcessors: [
      new BatchLogRecordProcessor({ exporter: new OTLPLogExporter(), scheduledDelayMillis: EXPORT_DELAY_MS }),
    ],
    metricReaders: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter(),
        exportIntervalMillis: METRIC_INTERVAL_MS,
        exportTimeoutMillis: METRIC_TIMEOUT_MS,
      }),
    ],
  });
  sdk.start();
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

/** Probes would fill the backends with requests that nobody made. */
function isProbe(url: string | undefined): boolean {
  return url === '/healthz' || url === '/readyz';
}

function peerAttributes({ origin }: { origin: string }): Record<string, string> {
  const name = peerName(origin);
  return name ? { 'peer.service': name } : {};
}
