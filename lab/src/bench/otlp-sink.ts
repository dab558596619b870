import { Server, ServerCredentials } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { poll } from '../poll.ts';

/** Longer than a service keeps a span before it sends it. */
const QUIET_MS = 2000;
const SERVICES = ['trace.v1.TraceService', 'metrics.v1.MetricsService', 'logs.v1.LogsService'];

export type OtlpSink = {
  url: string;
  /** Bytes received so far. */
  receivedBytes: () => number;
  /** Resolves to the spans received so far, once no more of them come. */
  settledSpans: () => Promise<number>;
  stop: () => void;
};

/** A collector that accepts OTLP/gRPC and keeps nothing: a bench measures only what telemetry costs the services. */
export async function startOtlpSink(): Promise<OtlpSink> {
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  const emptyAnswer = Buffer.alloc(0);
  let received = 0;
  let spans = 0;
  let lastSpansAt = 0;
  for (const service of SERVICES) {
    const keepAsBytes = (message: Buffer) => message;
    server.register<Buffer, Buffer>(
      `/opentelemetry.proto.collector.${service}/Export`,
      (call: { request: Buffer }, answer: (error: null, message: Buffer) => void) => {
        received += call.request.length;
        if (service.startsWith('trace')) {
          spans += countSpans(call.request);
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
    receivedBytes: () => received,
    async settledSpans() {
      const isQuiet = () => (Date.now() - lastSpansAt > QUIET_MS ? true : undefined);
      await poll(isQuiet, { intervalMs: 100, limitMs: 10 * QUIET_MS });
      return spans;
    },
    stop: () => server.forceShutdown(),
  };
}

/** ExportTraceServiceRequest.resource_spans, ResourceSpans.scope_spans, ScopeSpans.spans: their field numbers. */
const PATH_TO_SPANS = [1, 2, 2];

/** Spans in an ExportTraceServiceRequest, without decoding any. */
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
