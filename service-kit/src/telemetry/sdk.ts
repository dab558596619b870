import { context, metrics } from '@opentelemetry/api';
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
import { version } from '../version';
import { EmitContextManager } from './context-manager';
import { passOn, type TelemetrySettings } from './environment';
import { instrumentationOptions } from './instrumentations';
import { processLogRecords } from './log-processor';
import { metricViews } from './metric-views';
import { observeProcess } from './process-metrics';
import { resend } from './resending-exporter';
import { processSpans } from './span-processor';

const RETRY_MS = 1000;

/**
 * Starts the SDK of a service. Instrumentations watch the libraries at work and make spans, metrics and log records of
 * it; processors mask spans and batch spans and records; exporters send all to the collector by OTLP/gRPC, and try again.
 */
export function startSdk(service: string, settings: TelemetrySettings) {
  passOn(settings);
  const stopping = new AbortController();
  const timeoutMillis = settings.OTEL_EXPORTER_OTLP_TIMEOUT;
  const hold = { holdMs: timeoutMillis, retryMs: RETRY_MS, stopping: stopping.signal };
  const spanExporter = resend((userAgent) => new OTLPTraceExporter({ userAgent, timeoutMillis }), hold);
  const logExporter = resend((userAgent) => new OTLPLogExporter({ userAgent, timeoutMillis }), hold);
  // Metrics are cumulative: the next export makes up for a lost one, so none is tried again beyond it.
  const metricInterval = settings.OTEL_METRIC_EXPORT_INTERVAL;
  const metricTimeout = settings.OTEL_METRIC_EXPORT_TIMEOUT ?? Math.min(4000, metricInterval);
  const metricExporter = resend(
    (userAgent) => new OTLPMetricExporter({ userAgent, timeoutMillis: metricTimeout }),
    { ...hold, holdMs: metricTimeout - RETRY_MS },
  );
  const batching = (signal: 'BSP' | 'BLRP') => ({
    selfObsMeterProvider: metrics.getMeterProvider(), // counts losses; NodeSDK sets it when it starts
    scheduledDelayMillis: settings[`OTEL_${signal}_SCHEDULE_DELAY`],
    maxQueueSize: settings[`OTEL_${signal}_MAX_QUEUE_SIZE`],
    exportTimeoutMillis: 2 * timeoutMillis + RETRY_MS, // the holding, and a last try
  });
  const spans = () => new BatchSpanProcessor({ ...batching('BSP'), exporter: spanExporter });
  const logRecords = () => new BatchLogRecordProcessor({ ...batching('BLRP'), exporter: logExporter });
  const metricReader = new PeriodicExportingMetricReader({
    exporter: metricExporter,
    exportIntervalMillis: metricInterval,
    exportTimeoutMillis: metricTimeout,
  });

  const sdk = new NodeSDK({
    resource: resourceFromAttributes({
      'service.name': service,
      'service.namespace': 'vitrine',
      'service.version': version,
      'deployment.environment.name': 'lab',
    }),
    instrumentations: getNodeAutoInstrumentations(instrumentationOptions(settings)),
    contextManager: new EmitContextManager(),
    spanLimits: {
      attributeValueLengthLimit: Infinity, // texts are cut only after they are masked
      attributePerEventCountLimit: settings.OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT, // the SDK knows them by other names
      attributePerLinkCountLimit: settings.OTEL_LINK_ATTRIBUTE_COUNT_LIMIT,
    },
    spanProcessors: settings.OTEL_TRACES_EXPORTER === 'none' ? [] : [processSpans(spans)],
    logRecordProcessors: settings.OTEL_LOGS_EXPORTER === 'none' ? [] : [processLogRecords(logRecords)],
    metricReaders: settings.OTEL_METRICS_EXPORTER === 'none' ? [] : [metricReader],
    views: metricViews,
  });
  sdk.start();
  observeProcess();
  return {
    stop: () => {
      stopping.abort();
      return sdk.shutdown();
    },
    untraced: <Result>(work: () => Result) => context.with(suppressTracing(context.active()), work),
  };
}
