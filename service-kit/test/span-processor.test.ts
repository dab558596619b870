import { SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';
import { finishSpans } from '../src/span-processor';

test('When a database names a duplicate e-mail address, then its span does not', async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    spanProcessors: [finishSpans(() => new SimpleSpanProcessor({ exporter }))],
  });
  const span = provider.getTracer('test').startSpan('INSERT');
  const error = new Error("Duplicate entry 'ada@example.com' for key 'users_email'");
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  span.recordException(error);
  span.end();
  await provider.forceFlush();

  const [exported] = exporter.getFinishedSpans();
  expect(exported?.status.message).toMatch(/^Duplicate entry .*\[redacted\].* for key 'users_email'$/);
  expect(exported?.events).toHaveLength(1);
  expect(JSON.stringify(exported?.events)).not.toContain('ada');
});
