import { join } from 'node:path';
import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { z } from 'zod';

const types = protobuf.loadSync(join(__dirname, 'otlp.proto'));

type Attributes = Record<string, unknown>;

export interface SunkSpan {
  service: string;
  scope: string;
  name: string;
  kind: 'INTERNAL' | 'SERVER' | 'CLIENT';
  traceId: string;
  spanId: string;
  parentSpanId: string;
  durationMs: number;
  attributes: Attributes;
  events: { name: string; attributes: Attributes }[];
  status: { isError: boolean; message: string };
}

/** The last value of a metric's point. */
export interface SunkPoint {
  service: string;
  scope: string;
  metric: string;
  unit: string;
  attributes: Attributes;
  /** A histogram's value is its count. */
  value: number;
}

export interface SunkLog {
  service: string;
  level: string;
  severityNumber: number;
  body: unknown;
  traceId: string;
  spanId: string;
  attributes: Attributes;
}

export type OtlpSink = Awaited<ReturnType<typeof startOtlpSink>>;

/** Starts a collector that keeps everything it receives, and can stop or hang. */
export async function startOtlpSink() {
  const spans: SunkSpan[] = [];
  const logs: SunkLog[] = [];
  const points = new Map<string, SunkPoint>();
  const resources = new Map<string, Attributes>();
  const received: Buffer[] = [];
  /** Requests without a response while the collector hangs. */
  let held: (() => void)[] | undefined;
  let server: Server | undefined;
  let port = 0;

  const keepers = {
    TraceService: (message: Buffer) => spans.push(...decodeSpans(message, resources)),
    LogsService: (message: Buffer) => logs.push(...decodeLogs(message)),
    MetricsService: (message: Buffer) => {
      for (const point of decodePoints(message)) points.set(keyOf(point), point);
    },
  };

  async function start(): Promise<void> {
    server = new Server({ 'grpc.max_receive_message_length': -1 });
    for (const [name, keep] of Object.entries(keepers)) {
      const asBytes = (message: Buffer) => message;
      const signal = name.replace('Service', '').toLowerCase();
      server.register<Buffer, Buffer>(
        `/opentelemetry.proto.collector.${signal}.v1.${name}/Export`,
        ({ request }: { request: Buffer }, answer: sendUnaryData<Buffer>) => {
          const receive = () => {
            received.push(request);
            keep(request);
            answer(null, Buffer.alloc(0));
          };
          if (held) held.push(receive);
          else receive();
        },
        asBytes,
        asBytes,
        'unary',
      );
    }
    const starting = server;
    port = await new Promise<number>((resolve, reject) => {
      starting.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
  }

  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    logs,
    resources,
    points: () => [...points.values()],
    /** Adds up a metric's points with these attributes. */
    total: (metric: string, attributes: Attributes = {}) =>
      [...points.values()]
        .filter((point) => point.metric === metric)
        .filter((point) =>
          Object.entries(attributes).every(([name, value]) => point.attributes[name] === value),
        )
        .reduce((sum, { value }) => sum + value, 0),
    /** Returns all bytes received so far as text. */
    text: () => Buffer.concat(received).toString('latin1'),
    /** Switches the state: while hanging, the collector accepts connections and requests but sends no response. */
    pretend(state: 'there' | 'hanging') {
      const waiting = held ?? [];
      held = state === 'hanging' ? waiting : undefined;
      if (state === 'there') for (const receive of waiting) receive();
    },
    /** Returns the number of requests that have arrived and wait while it hangs. */
    heldRequests: () => held?.length ?? 0,
    /** Refuses connections until `start`. */
    stop() {
      server?.forceShutdown();
    },
    start,
  };
}

const value: z.ZodType<unknown> = z.lazy(() =>
  z
    .union([
      z.object({ stringValue: z.string() }).transform(({ stringValue }) => stringValue),
      z.object({ boolValue: z.boolean() }).transform(({ boolValue }) => boolValue),
      z.object({ intValue: z.string() }).transform(({ intValue }) => Number(intValue)),
      z.object({ doubleValue: z.number() }).transform(({ doubleValue }) => doubleValue),
      z
        .object({ arrayValue: z.object({ values: z.array(value) }) })
        .transform(({ arrayValue }) => arrayValue.values),
      z
        .object({ kvlistValue: z.object({ values: attributes }) })
        .transform(({ kvlistValue }) => kvlistValue.values),
      z.object({}).transform(() => undefined),
    ])
    .nullish(),
);
const attributes: z.ZodType<Attributes> = z
  .array(z.object({ key: z.string(), value }))
  .transform((pairs) => Object.fromEntries(pairs.map((pair) => [pair.key, pair.value])));
const id = z.string().transform((base64) => Buffer.from(base64, 'base64').toString('hex'));
const resource = z.object({ attributes: attributes });
const scope = z.object({ name: z.string() });
const nanoseconds = z.string().transform(BigInt);

const traces = z.object({
  resource: z.array(
    z.object({
      resource,
      scope: z.array(
        z.object({
          scope,
          spans: z.array(
            z.object({
              traceId: id,
              spanId: id,
              parentSpanId: id,
              name: z.string(),
              kind: z.int(),
              startTimeUnixNano: nanoseconds,
              endTimeUnixNano: nanoseconds,
              attributes,
              events: z.array(z.object({ name: z.string(), attributes })),
              status: z.object({ message: z.string(), code: z.int() }).nullish(),
            }),
          ),
        }),
      ),
    }),
  ),
});

const pointAttributes = { attributes, asDouble: z.number(), asInt: z.string().transform(Number) };
const numbers = z.object({ points: z.array(z.object(pointAttributes)) }).nullish();
const metricsRequest = z.object({
  resource: z.array(
    z.object({
      resource,
      scope: z.array(
        z.object({
          scope,
          metrics: z.array(
            z.object({
              name: z.string(),
              unit: z.string(),
              gauge: numbers,
              sum: numbers,
              histogram: z
                .object({
                  points: z.array(z.object({ attributes, count: z.string().transform(Number) })),
                })
                .nullish(),
            }),
          ),
        }),
      ),
    }),
  ),
});

const logsRequest = z.object({
  resource: z.array(
    z.object({
      resource,
      scope: z.array(
        z.object({
          records: z.array(
            z.object({
              ...{ severityText: z.string(), severityNumber: z.int(), body: value, attributes },
              ...{ traceId: id, spanId: id },
            }),
          ),
        }),
      ),
    }),
  ),
});

function decode<Output>(type: string, schema: z.ZodType<Output>, message: Buffer): Output {
  const found = types.lookupType(type);
  const options = { longs: String, bytes: String, arrays: true, defaults: true, oneofs: true } as const;
  return schema.parse(found.toObject(found.decode(message), options));
}

const KINDS = ['INTERNAL', 'INTERNAL', 'SERVER', 'CLIENT'] as const;
const ERROR = 2;

function decodeSpans(message: Buffer, resources: Map<string, Attributes>): SunkSpan[] {
  return decode('ExportTraceRequest', traces, message).resource.flatMap(({ resource, scope: scopes }) => {
    const service = String(resource.attributes['service.name']);
    resources.set(service, resource.attributes);
    return scopes.flatMap(({ scope, spans }) =>
      spans.map(({ kind, startTimeUnixNano, endTimeUnixNano, status, ...span }) => ({
        ...span,
        service,
        scope: scope.name,
        kind: KINDS[kind] ?? 'INTERNAL',
        durationMs: Number(endTimeUnixNano - startTimeUnixNano) / 1e6,
        status: { isError: status?.code === ERROR, message: status?.message ?? '' },
      })),
    );
  });
}

function decodePoints(message: Buffer): SunkPoint[] {
  return decode('ExportMetricsRequest', metricsRequest, message).resource.flatMap(
    ({ resource, scope: scopes }) =>
      scopes.flatMap(({ scope, metrics }) =>
        metrics.flatMap(({ name, unit, gauge, sum, histogram }) => {
          const common = {
            service: String(resource.attributes['service.name']),
            scope: scope.name,
            metric: name,
            unit,
          };
          const simple = [...(gauge?.points ?? []), ...(sum?.points ?? [])].map((point) => ({
            ...common,
            attributes: point.attributes,
            value: point.asDouble || point.asInt,
          }));
          const counted = (histogram?.points ?? []).map((point) => ({
            ...common,
            ...point,
            value: point.count,
          }));
          return [...simple, ...counted];
        }),
      ),
  );
}

function decodeLogs(message: Buffer): SunkLog[] {
  return decode('ExportLogsRequest', logsRequest, message).resource.flatMap(({ resource, scope: scopes }) =>
    scopes.flatMap(({ records }) =>
      records.map(({ severityText, ...record }) => ({
        ...record,
        service: String(resource.attributes['service.name']),
        level: severityText,
      })),
    ),
  );
}

function keyOf({ service, scope, metric, attributes }: SunkPoint): string {
  return JSON.stringify([service, scope, metric, attributes]);
}
