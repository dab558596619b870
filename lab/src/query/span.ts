export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue>>;

export type SpanEvent = { name: string; atMs: number; attributes: Attributes };

/** One span of a trace. Times are milliseconds since the epoch, with microseconds as decimals. */
export type Span = {
  /** 32 hex digits. */
  traceId: string;
  /** 16 hex digits. */
  spanId: string;
  /** Undefined for a span that began the trace. */
  parentSpanId?: string;
  name: string;
  kind: 'server' | 'client' | 'producer' | 'consumer' | 'internal';
  service: string;
  startMs: number;
  durationMs: number;
  status: 'unset' | 'ok' | 'error';
  statusMessage?: string;
  attributes: Attributes;
  events: readonly SpanEvent[];
  /** Resource attributes: service.version, service.instance.id and so on. */
  resource: Attributes;
};

/** Spans of one trace, the earliest first. */
export type Trace = { traceId: string; spans: readonly Span[] };
