import { context, metrics } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { MySQL2Instrumentation } from '@opentelemetry/instrumentation-mysql2';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { AggregationType, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { EmitContextManager } from './context-manager';
import { incomingRequests } from './http-telemetry';
import { deferLogProcessor } from './log-processor';
import { outlastOutages } from './outlasting-exporter';
import { peerName } from './peers';
import { observeProcess } from './process-metrics';
import { finishSpans } from './span-processor';
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

/** Seconds. Those of the collector's span metrics: the conventions' fourteen would make a third more series. */
const HTTP_BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The OpenTelemetry SDK as every service has it, running. */
export function startSdk(serviceName: string) {
  // The SDK reads its configuration from here.
  const { env } = process;
  env.OTEL_NODE_RESOURCE_DETECTORS ||= RESOURCE_DETECTORS;
  env.OTEL_PROPAGATORS ||= 'tracecontext';
  env.OTEL_NODE_EXPERIMENTAL_SDK_METRICS ||= 'true';
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
    contextManager: new EmitContextManager(),
    resource: resourceFromAttributes({
      'service.name': serviceName,
      'service.namespace': 'vitrine',
      'service.version': version,
      // OTEL_RESOURCE_ATTRIBUTES may say otherwise, of this as of the others.
      'deployment.environment.name': 'lab',
    }),
    // One by one: the package of them all takes 11 MB more of each process.
    instrumentations: [
      new HttpInstrumentation(incomingRequests),
      // Statements hold placeholders only; unmasked, the instrumentation would put the values in.
      new MySQL2Instrumentation({ maskStatement: true, maskStatementHook: (sql) => sql }),
      new UndiciInstrumentation({ startSpanHook: peerAttributes }),
      new PinoInstrumentation(),
      // Milliseconds; the default of 10 wakes an idle process a hundred times a second.
      new RuntimeNodeInstrumentation({ monitoringPrecision: 100 }),
    ],
    spanProcessors: [
      finishSpans(
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
      deferLogProcessor(
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
    views: [
      {
        instrumentName: 'http.*.request.duration',
        aggregation: {
          type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
          options: { boundaries: HTTP_BOUNDARIES },
        },
      },
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

function peerAttributes({ origin }: { origin: string }): Record<string, string> {
  const name = peerName(origin);
  return name ? { 'peer.service': name } : {};
}
