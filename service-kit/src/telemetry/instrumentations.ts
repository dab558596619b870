import type { InstrumentationConfigMap } from '@opentelemetry/auto-instrumentations-node';
import type { TelemetrySettings } from './environment';
import { incomingRequests } from './incoming-requests';
import { peerAttributes } from './peers';

/** The options of the instrumentations that need any. */
export function instrumentationOptions({ OTEL_LOGS_EXPORTER }: TelemetrySettings): InstrumentationConfigMap {
  return {
    '@opentelemetry/instrumentation-http': incomingRequests,
    // Masking keeps the values out of the placeholders, and the hook leaves the rest as it is.
    '@opentelemetry/instrumentation-mysql2': { maskStatement: true, maskStatementHook: (sql) => sql },
    '@opentelemetry/instrumentation-undici': { startSpanHook: peerAttributes },
    '@opentelemetry/instrumentation-pino': { disableLogSending: OTEL_LOGS_EXPORTER === 'none' },
    // Milliseconds. The default of 10 wakes an idle process a hundred times a second.
    '@opentelemetry/instrumentation-runtime-node': { monitoringPrecision: 100 },
  };
}
