import { context } from '@opentelemetry/api';
import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node';
import { suppressTracing } from '@opentelemetry/core';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { maskErrors } from './masking-processor';
import { peerName } from './peers';
import { version } from './version';

const INSTRUMENTATIONS = 'http,express,mysql2,undici,pino,runtime-node';
const RESOURCE_DETECTORS = 'env,host,process,serviceinstance';
const EXPORT_DELAY_MS = 1000;
const METRIC_INTERVAL_MS = 5000;
const METRIC_TIMEOUT_MS = 4000;

/** The OpenTelemetry SDK as every service has it, running. */
export function startSdk(serviceName: string) {
  // The SDK reads its configuration from here.
  const { env } = process;
  env.OTEL_NODE_ENABLED_INSTRUMENTATIONS ||= INSTRUMENTATIONS;
  env.OTEL_NODE_RESOURCE_DETECTORS ||= RESOURCE_DETECTORS;
  env.OTEL_PROPAGATORS ||= 'tracecontext';

  const sdk = new NodeSDK({
    resource: resourceFromAttributes({
      'service.name': serviceName,
      'service.namespace': 'vitrine',
      'service.version': version,
    }),
    instrumentations: [
      getNodeAutoInstrumentations({
        '@opentelemetry/instrumentation-http': {
          ignoreIncomingRequestHook: ({ url }) => isOfNoInterest(url),
        },
        '@opentelemetry/instrumentation-express': {
          // The enum of these three is not exported by auto-instrumentations-node.
          ignoreLayersType: ['middleware', 'router', 'request_handler'] as never[],
        },
        // Statements hold placeholders only; unmasked, the instrumentation would put the values in.
        '@opentelemetry/instrumentation-mysql2': { maskStatement: true, maskStatementHook: (sql) => sql },
        '@opentelemetry/instrumentation-undici': { startSpanHook: peerAttributes },
        // Milliseconds; the default of 10 wakes an idle process a hundred times a second.
        '@opentelemetry/instrumentation-runtime-node': { monitoringPrecision: 100 },
      }),
    ],
    spanProcessors: [
      maskErrors(
        new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: EXPORT_DELAY_MS }),
      ),
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
  return {
    shutdown: () => sdk.shutdown(),
    untraced: <Result>(work: () => Result) => context.with(suppressTracing(context.active()), work),
  };
}

/** Probes, and files that come along with a page, would fill the backends with requests that nobody looks for. */
function isOfNoInterest(url = ''): boolean {
  return url === '/healthz' || url === '/readyz' || url.startsWith('/static/');
}

function peerAttributes({ origin }: { origin: string }): Record<string, string> {
  const name = peerName(origin);
  return name ? { 'peer.service': name } : {};
}
