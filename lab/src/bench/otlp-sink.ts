import { Server, ServerCredentials } from '@grpc/grpc-js';

const SERVICES = ['trace.v1.TraceService', 'metrics.v1.MetricsService', 'logs.v1.LogsService'];

/**
 * A collector that accepts OTLP/gRPC and keeps nothing, so that what is measured is the cost to the services.
 *
 * @returns its address, and the bytes received so far
 */
export async function startOtlpSink(): Promise<{
  url: string;
  receivedBytes: () => number;
  stop: () => void;
}> {
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  const emptyAnswer = Buffer.alloc(0);
  let received = 0;
  for (const service of SERVICES) {
    const keepAsBytes = (message: Buffer) => message;
    server.register<Buffer, Buffer>(
      `/opentelemetry.proto.collector.${service}/Export`,
      (call: { request: Buffer }, answer: (error: null, message: Buffer) => void) => {
        received += call.request.length;
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
    stop: () => server.forceShutdown(),
  };
}
