import { Server, ServerCredentials } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { LabError } from '../lab-error.ts';
import { poll } from '../poll.ts';

/** A service sends a span after a second at the latest; one that takes longer than this will not come. */
const QUIET_MS = 2000;
const SERVICES = {
  traces: 'trace.v1.TraceService',
  metrics: 'metrics.v1.MetricsService',
  logs: 'logs.v1.LogsService',
};

export const signals = ['traces', 'metrics', 'logs'] as const;
/** `bytes` are counted by signal. */
export type Received = { spans: number; bytes: Record<(typeof signals)[number], number> };

export type OtlpSink = {
  url: string;
  /** Counts everything that has arrived so far. */
  received: () => Received;
  /** Waits two seconds, and as long as spans come; then resolves to the number of those received so far. */
  settledSpans: () => Promise<number>;
  stop: () => void;
};

/** Starts a collector that counts what comes by OTLP/gRPC and keeps nothing, so that it costs next to nothing itself. */
export async function startOtlpSink(): Promise<OtlpSink> {
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  const emptyAnswer = Buffer.alloc(0);
  const received: Received = { spans: 0, bytes: { traces: 0, metrics: 0, logs: 0 } };
  let lastSpansAt = 0;
  for (const signal of signals) {
    const keepAsBytes = (message: Buffer) => message;
    server.register<Buffer, Buffer>(
      `/opentelemetry.proto.collector.${SERVICES[signal]}/Export`,
      (call: { request: Buffer }, answer: (error: null, message: Buffer) => void) => {
        received.bytes[signal] += call.request.length;
        if (signal === 'traces') {
          received.spans += countSpans(call.request);
          lastSpansAt = Date.now();
        }
        answer(null, emptyAnswer);
      },
      keepAsBytes,
      keepAsBytes,
      'unary',
    );
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    url: `http://127.0.0.1:${port}`,
    received: () => structuredClone(received),
    async settledSpans() {
      const askedAt = Date.now();
      const isQuiet = () => (Date.now() - Math.max(askedAt, lastSpansAt) > QUIET_MS ? true : undefined);
      const limitMs = 10 * QUIET_MS;
      if (!(await poll(isQuiet, { intervalMs: 100, limitMs })))
        throw new LabError(`Spans still come ${limitMs / 1000} s after the load has ended.`);
      return received.spans;
    },
    stop: () => server.forceShutdown(),
  };
}

/** Field numbers of ExportTraceServiceRequest.resource_spans, ResourceSpans.scope_spans and ScopeSpans.spans. */
const PATH_TO_SPANS = [1, 2, 2];

/** Counts the spans in an ExportTraceServiceRequest without decoding any. */
function countSpans(message: Uint8Array, path: readonly number[] = PATH_TO_SPANS): number {
  const [wanted, ...rest] = path;
  if (wanted === undefined) return 1;
  const reader = protobuf.Reader.create(message);
  let count = 0;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === wanted) count += countSpans(reader.bytes(), rest);
    else reader.skipType(tag & 7);
  }
  return count;
}
