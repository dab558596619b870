import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { test as base, describe, expect } from 'vitest';
import { type OtlpSink, startOtlpSink } from '../../test/otlp-sink';
import { resend } from '../src/telemetry/resending-exporter';

// biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
const test = base.extend('sink', async ({}, { onCleanup }) => {
  const sink = await startOtlpSink();
  onCleanup(sink.stop);
  return sink;
});

/** Creates a tracer like those of the services, with shorter times. */
function startTracing(
  sink: OtlpSink,
  { holdMs, maxQueueSize = 2048 }: { holdMs: number; maxQueueSize?: number },
) {
  const counted = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: counted, exportIntervalMillis: 60_000 });
  const stopping = new AbortController();
  let clients = 0;
  const makeClient = (userAgent: string) => {
    clients += 1;
    return new OTLPTraceExporter({ url: sink.url, userAgent, timeoutMillis: holdMs });
  };
  const exporter = resend(makeClient, { holdMs, retryMs: 50, stopping: stopping.signal });
  const provider = new TracerProvider({
    spanProcessors: [
      new BatchSpanProcessor({
        ...{
          exporter,
          maxQueueSize,
          maxExportBatchSize: 10,
          scheduledDelayMillis: 20,
          exportTimeoutMillis: 60_000,
        },
        selfObsMeterProvider: new MeterProvider({ readers: [reader] }),
      }),
    ],
  });
  const tracer = provider.getTracer('test');
  return {
    make(count: number) {
      for (let made = 0; made < count; made += 1) tracer.startSpan('span').end();
    },
    /** Returns the number of tries that failed and were followed by another. */
    retries: () => clients - 1,
    /** Counts the processed spans by outcome. */
    async processed(): Promise<Record<string, number>> {
      counted.reset();
      await reader.forceFlush();
      const metrics = counted
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
      const points =
        metrics.find(({ descriptor }) => descriptor.name.endsWith('span.processed'))?.dataPoints ?? [];
      return Object.fromEntries(
        points.map(({ attributes, value }) => [attributes['error.type'] ?? 'sent', Number(value)]),
      );
    },
    async shutdown() {
      stopping.abort();
      await provider.shutdown();
    },
  };
}

const SOON = { timeout: 3000, interval: 20 };

describe('When the collector is away', () => {
  test('for less time than a batch is held, then nothing is lost and nothing arrives twice', async ({
    sink,
  }) => {
    const tracing = startTracing(sink, { holdMs: 20_000 });
    tracing.make(1);
    await expect.poll(() => sink.spans.length, SOON).toBe(1);
    sink.stop();
    for (let batch = 0; batch < 10; batch += 1) {
      tracing.make(5);
      const before = tracing.retries();
      await expect.poll(tracing.retries, SOON).toBeGreaterThan(before);
    }
    expect(sink.spans).toHaveLength(1);
    await sink.start();
    const startedAt = performance.now();
    await expect.poll(() => sink.spans.length, SOON).toBe(51);
    expect(performance.now() - startedAt).toBeLessThan(1500);
    expect(new Set(sink.spans.map(({ spanId }) => spanId)).size).toBe(51);
    await expect.poll(tracing.processed, SOON).toEqual({ sent: 51 });
    await tracing.shutdown();
  });

  test('for longer, then lost spans are counted, and the others arrive', async ({ sink }) => {
    const tracing = startTracing(sink, { holdMs: 200, maxQueueSize: 20 });
    sink.stop();
    tracing.make(40);
    await expect.poll(tracing.processed, SOON).toMatchObject({ queue_full: 10, Error: 30 });
    await sink.start();
    tracing.make(5);
    await expect.poll(() => sink.spans.length, SOON).toBe(5);
    await expect.poll(tracing.processed, SOON).toEqual({ queue_full: 10, Error: 30, sent: 5 });
    await tracing.shutdown();
  });

  test('while the process ends, then it ends at once and lost spans are counted', async ({ sink }) => {
    const tracing = startTracing(sink, { holdMs: 20_000 });
    sink.stop();
    tracing.make(5);
    await expect.poll(tracing.retries, SOON).toBeGreaterThan(0);
    tracing.make(5);
    const startedAt = performance.now();
    await tracing.shutdown().catch(() => undefined);
    expect(performance.now() - startedAt).toBeLessThan(1000);
    await expect.poll(tracing.processed, SOON).toEqual({ Error: 10 });
  });

  test('and back when the process ends, then held spans are delivered', async ({ sink }) => {
    const tracing = startTracing(sink, { holdMs: 20_000 });
    sink.stop();
    tracing.make(5);
    await expect.poll(tracing.retries, SOON).toBeGreaterThan(0);
    await sink.start();
    await tracing.shutdown();
    expect(sink.spans).toHaveLength(5);
  });
});

test('When the collector hangs and wakes up, then spans arrive once', async ({ sink }) => {
  const tracing = startTracing(sink, { holdMs: 20_000 });
  sink.pretend('hanging');
  tracing.make(5);
  await expect.poll(sink.heldRequests, SOON).toBe(1);
  sink.pretend('there');
  await expect.poll(() => sink.spans.length, SOON).toBe(5);
  await expect.poll(tracing.processed, SOON).toEqual({ sent: 5 });
  await tracing.shutdown();
});

describe('When the collector answers a batch with', () => {
  const refusedWith = async (code: number) => {
    let tries = 0;
    const error = Object.assign(new Error('no'), { code });
    const client = {
      export(_batch: string, done: (result: { code: number; error: Error }) => void) {
        tries += 1;
        done({ code: 1, error });
      },
      shutdown: async () => undefined,
    };
    const stopping = new AbortController().signal;
    const exporter = resend(() => client, { holdMs: 100, retryMs: 10, stopping });
    const result = await new Promise<{ error?: Error }>((resolve) => exporter.export('batch', resolve));
    expect(result.error).toBe(error);
    return tries;
  };

  test.for([
    ['RESOURCE_EXHAUSTED', 8],
    ['INVALID_ARGUMENT', 3],
    ['UNIMPLEMENTED', 12],
  ] as const)('%s, then the batch is dropped at once, since a retry would fail as well', async ([, code]) => {
    expect(await refusedWith(code)).toBe(1);
  });

  test.for([
    ['UNAVAILABLE', 14],
    ['DEADLINE_EXCEEDED', 4],
  ] as const)('%s, then the batch is sent again', async ([, code]) => {
    expect(await refusedWith(code)).toBeGreaterThan(2);
  });
});
