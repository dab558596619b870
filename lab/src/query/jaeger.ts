import { z } from 'zod';
import { ask, askAlways, type Backend, type WhyAway } from './backend.ts';
import type { Attributes, Span, SpanEvent, Trace } from './span.ts';

export type TraceSearch = {
  service: string;
  /** The name of one of its spans. */
  operation?: string | undefined;
  /** Attributes that one of its spans has, such as `{'http.response.status_code': '500'}`. */
  tags?: Record<string, string> | undefined;
  minDurationMs?: number | undefined;
  startMs: number;
  endMs: number;
  limit: number;
};

/** The query API of Jaeger's own pages, the only one that searches by attribute. */
export type Jaeger = {
  services: () => Promise<readonly string[]>;
  /** The names of a service's SERVER spans. */
  operations: (service: string) => Promise<readonly string[]>;
  /** Resolves to undefined when there is no such trace yet; spans arrive within three seconds. */
  traceById: (traceId: string) => Promise<Trace | undefined>;
  /** The newest first. */
  findTraces: (search: TraceSearch) => Promise<readonly Trace[]>;
};

const tagsSchema = z
  .array(z.object({ key: z.string(), value: z.union([z.string(), z.number(), z.boolean()]) }))
  .transform((tags): Attributes => Object.fromEntries(tags.map(({ key, value }) => [key, value])));

const spanSchema = z.object({
  traceID: z.string(),
  spanID: z.string(),
  operationName: z.string(),
  references: z.array(z.object({ refType: z.string(), traceID: z.string(), spanID: z.string() })).nullish(),
  startTime: z.number(),
  duration: z.number(),
  tags: tagsSchema,
  logs: z.array(z.object({ timestamp: z.number(), fields: tagsSchema })).nullish(),
  processID: z.string(),
});
const traceSchema = z.object({
  traceID: z.string(),
  spans: z.array(spanSchema),
  processes: z.record(z.string(), z.object({ serviceName: z.string(), tags: tagsSchema.nullish() })),
});
const tracesSchema = z.object({ data: z.array(traceSchema).nullable() });
const operationsSchema = z.object({
  data: z.array(z.object({ name: z.string(), spanKind: z.string() })).nullable(),
});
const servicesSchema = z.object({ data: z.array(z.string()).nullable() });

export function createJaeger(url: string, limitMs?: number, whyAway?: WhyAway): Jaeger {
  const backend: Backend = { name: 'Jaeger', url, limitMs, whyAway };
  return {
    async services() {
      const { data } = await askAlways(backend, '/api/services', servicesSchema);
      return (data ?? []).toSorted();
    },
    async operations(service) {
      const { data } = await askAlways(backend, '/api/operations', operationsSchema, {
        service,
        spanKind: 'server',
      });
      return (data ?? []).map(({ name }) => name).toSorted();
    },
    async traceById(traceId) {
      const answer = await ask(backend, `/api/traces/${encodeURIComponent(traceId)}`, tracesSchema);
      const [found] = answer?.data ?? [];
      return found && readTrace(found);
    },
    async findTraces({ tags, minDurationMs, startMs, endMs, ...search }) {
      const { data } = await askAlways(backend, '/api/traces', tracesSchema, {
        ...search,
        tags: tags && JSON.stringify(tags),
        minDuration: minDurationMs && `${minDurationMs}ms`,
        start: Math.floor(startMs * 1000),
        end: Math.ceil(endMs * 1000),
      });
      return (data ?? []).map(readTrace).toSorted((a, b) => startOf(b) - startOf(a));
    },
  };
}

function startOf({ spans }: Trace): number {
  return spans[0]?.startMs ?? 0;
}

function readTrace({ traceID, spans, processes }: z.output<typeof traceSchema>): Trace {
  const read = (span: z.output<typeof spanSchema>): Span => {
    const parent = span.references?.find(
      ({ refType, traceID }) => refType === 'CHILD_OF' && traceID === span.traceID,
    );
    const process = processes[span.processID];
    const { kind, status, statusMessage, attributes } = readTags(span.tags);
    return {
      traceId: fullTraceId(span.traceID),
      spanId: span.spanID,
      ...(parent && { parentSpanId: parent.spanID }),
      name: span.operationName,
      kind,
      service: process?.serviceName ?? 'unknown',
      startMs: span.startTime / 1000,
      durationMs: span.duration / 1000,
      status,
      ...(statusMessage && { statusMessage }),
      attributes,
      events: (span.logs ?? []).map(readEvent),
      resource: process?.tags ?? {},
    };
  };
  return {
    traceId: fullTraceId(traceID),
    spans: spans.map(read).toSorted((a, b) => a.startMs - b.startMs),
  };
}

const ownTagsSchema = z.object({
  'span.kind': z.enum(['server', 'client', 'producer', 'consumer', 'internal']).catch('internal'),
  'otel.status_code': z.enum(['OK', 'ERROR']).optional().catch(undefined),
  'otel.status_description': z.string().default(''),
});

/** Separates the span's kind and status, which Jaeger stores as tags, from its attributes. */
function readTags(tags: Attributes) {
  const {
    'span.kind': kind,
    'otel.status_code': code = 'unset',
    'otel.status_description': statusMessage,
  } = ownTagsSchema.parse(tags);
  const own = [...Object.keys(ownTagsSchema.shape), 'error', 'internal.span.format', 'w3c.tracestate'];
  const attributes = Object.fromEntries(Object.entries(tags).filter(([key]) => !own.includes(key)));
  const status = { OK: 'ok', ERROR: 'error', unset: 'unset' } as const;
  return { kind, status: status[code], statusMessage, attributes };
}

function readEvent({ timestamp, fields }: { timestamp: number; fields: Attributes }): SpanEvent {
  const { event = '', ...attributes } = fields;
  return { name: String(event), atMs: timestamp / 1000, attributes };
}

/** Jaeger leaves out the first half of an id when it is zero. */
function fullTraceId(traceId: string): string {
  return traceId.padStart(32, '0');
}
