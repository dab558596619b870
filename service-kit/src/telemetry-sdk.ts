import { context, metrics } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { countRecords } from './log-processor';
import { outlastOutages } from './outlasting-exporter';
import { observeProcess } from './process-metrics';
import { maskSpans } from './span-processor';
import { version } from './version';

const RESOURCE_DETECTORS = 'env,host,process,serviceinstance';
const EXPORT_DELAY_MS = 1000;
const RETRY_MS = 1000;
/**
 * A collector's restart, or an outage of half a minute, loses nothing. One that hangs is waited for as long: it may
 * have taken the batch that it has not acknowledged, and sent again that would count twice.
 */
const HOLD_MS = 30_000;
/** What comes meanwhile waits here: 270 spans a second, some 50 requests. */
const QUEUE_SIZE = 8192;
/** Metrics are cumulative: the next export makes up for a lost one, so one is held no longer than until then. */
const METRIC_INTERVAL_MS = 5000;
const METRIC_TIMEOUT_MS = 4000;
const METRIC_HOLD_MS = 3000;

/** The OpenTelemetry SDK as every service has it, running. */
export function startSdk(serviceName: string) {
  // The SDK reads its configuration from here.
  const { env } = process;
  env.OTEL_NODE_RESOURCE_DETECTORS ||= RESOURCE_DETECTORS;
  env.OTEL_PROPAGATORS ||= 'tracecontext';
  // The default heeds a caller who asks not to be traced.
  env.OTEL_TRACES_SAMPLER ||= 'always_on';

  const stopping = new AbortController();
  const patience = { holdMs: HOLD_MS, retryMs: RETRY_MS, stopping: stopping.signal };
  // Read when the first span or log record comes: by then there is a meter provider to count what is lost.
  const batching = () => ({
    selfObsMeterProvider: metrics.getMeterProvider(),
    scheduledDelayMillis: EXPORT_DELAY_MS,
    maxQueueSize: QUEUE_SIZE,
    // A last try that begins when the holding ends.
    exportTimeoutMillis: 2 * HOLD_MS + RETRY_MS,
  });

  const sdk = new NodeSDK({
    resource: resourceFromAttributes({
      'service.name': serviceName,
      'service.namespace': 'vitrine',
      'service.version': version,
      // OTEL_RESOURCE_ATTRIBUTES may say otherwise, of this as of the others.
      'deployment.environment.name': 'lab',
    }),
    // Milliseconds; the default of 10 wakes an idle process a hundred times a second.
    instrumentations: [new RuntimeNodeInstrumentation({ monitoringPrecision: 100 })],
    spanProcessors: [
      maskSpans(
        () =>
          new BatchSpanProcessor({
            ...batching(),
            exporter: outlastOutages(
              (userAgent) => new OTLPTraceExporter({ userAgent, timeoutMillis: HOLD_MS }),
              patience,
            ),
          }),
      ),
    ],
    logRecordProcessors: [
      countRecords(
        () =>
          new BatchLogRecordProcessor({
            ...batching(),
            exporter: outlastOutages(
              (userAgent) => new OTLPLogExporter({ userAgent, timeoutMillis: HOLD_MS }),
              patience,
            ),
          }),
      ),
    ],
    metricReaders: [
      new PeriodicExportingMetricReader({
        exporter: outlastOutages(
          (userAgent) => new OTLPMetricExporter({ userAgent, timeoutMillis: METRIC_TIMEOUT_MS }),
          { ...patience, holdMs: METRIC_HOLD_MS },
        ),
        exportIntervalMillis: METRIC_INTERVAL_MS,
        exportTimeoutMillis: METRIC_TIMEOUT_MS,
      }),
    ],
  });
  sdk.start();
  observeProcess();
  return {
    shutdown() {
      stopping.abort();
      return sdk.shutdown();
    },
    untraced: <Result>(work: () => Result) => context.with(suppressTracing(context.active()), work),
  };
}
