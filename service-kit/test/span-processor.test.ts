import { SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';
import { processSpans } from '../src/telemetry/span-processor';

/** Returns the processed spans that `make` created. */
async function finished(make: (tracer: Tracer) => void) {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    spanProcessors: [processSpans(() => new SimpleSpanProcessor({ exporter }))],
  });
  make(provider.getTracer('test'));
  await provider.forceFlush();
  return exporter.getFinishedSpans();
}

test('When a database error contains an e-mail address, then the span does not', async () => {
  const [exported] = await finished((tracer) => {
    const span = tracer.startSpan('INSERT');
    const error = new Error("Duplicate entry 'ada@example.com' for key 'users_email'");
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    span.recordException(error);
    span.end();
  });
  expect(exported?.status.message).toMatch(/^Duplicate entry .*\[redacted\].* for key 'users_email'$/);
  expect(exported?.events).toHaveLength(1);
  expect(JSON.stringify(exported?.events)).not.toContain('ada');
});

test('When a client sends the longest values it can, then 512 spans stay below the 4 MiB limit of gRPC', async () => {
  const long = `${'x'.repeat(995)} ada@example.com ${'y'.repeat(16_000)}`;
  const names = ['url.path', 'url.query', 'user_agent.original', 'server.address'];
  const [exported] = await finished((tracer) => {
    const span = tracer.startSpan('GET /*', {
      attributes: Object.fromEntries(names.map((name) => [name, long])),
    });
    span.recordException({ name: long, message: long, stack: long });
    span.end();
  });
  const text = JSON.stringify([exported?.attributes, exported?.events]);
  expect(text.length * 512).toBeGreaterThan(2 * 2 ** 20);
  expect(exported && JSON.stringify(exported.attributes).length * 512).toBeLessThan(4 * 2 ** 20);
  expect(text).not.toContain('ada@');
});
