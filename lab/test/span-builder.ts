import type { LogLine } from '../src/query/loki.ts';
import type { Span, Trace } from '../src/query/span.ts';

export const traceId = 'a'.repeat(32);

/** A finished GET of the frontend, unless said otherwise. */
export function aSpan(spanId: string, parts: Partial<Span> = {}): Span {
  return {
    ...{ traceId, spanId, name: 'GET /', kind: 'server', service: 'frontend' },
    ...{ startMs: 1000, durationMs: 10, status: 'unset', events: [], resource: {} },
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/',
      'url.path': '/',
      'http.response.status_code': 200,
    },
    ...parts,
  };
}

export function aTrace(...spans: Span[]): Trace {
  return { traceId, spans };
}

/** A line that belongs to a span. */
export function aLine(spanId: string, parts: Partial<LogLine> = {}): LogLine {
  return {
    atMs: 1005,
    body: 'request',
    labels: { service_name: 'frontend' },
    metadata: { trace_id: traceId, span_id: spanId, severity_text: 'info' },
    ...parts,
  };
}
