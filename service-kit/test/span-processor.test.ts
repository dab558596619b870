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
  // Node reads a byte of a header as a character, of which those above 127 take two bytes in UTF-8.
  const long = `${'ÿ'.repeat(495)} ada@example.com ${'ÿ'.repeat(16_000)}`;
  const names = ['url.path', 'url.query', 'user_agent.original', 'server.address'];
  const [exported] = await finished((tracer) => {
    const span = tracer.startSpan('GET /*', {
      attributes: Object.fromEntries(names.map((name) => [name, long])),
    });
    span.recordException({ name: 'HttpError', message: long });
    span.setStatus({ code: SpanStatusCode.ERROR, message: long });
    span.end();
  });
  const text = JSON.stringify([exported?.attributes, exported?.events, exported?.status]);
  expect(Buffer.byteLength(text) * 512).toBeGreaterThan(2 * 2 ** 20);
  expect(Buffer.byteLength(text) * 512).toBeLessThan(3.5 * 2 ** 20);
  expect(text).not.toContain('ada@');
});
