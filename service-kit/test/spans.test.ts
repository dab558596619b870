import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';
import { HttpError, unavailable } from '../src/http-error';
import { inSpan } from '../src/telemetry/spans';

const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(
  new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
);

const declaration = {
  name: 'work',
  meaning: 'Work',
  attributes: {},
  events: {},
} as const;

/** Returns the span of work that throws the value. */
async function spanOf(thrown: unknown) {
  exporter.reset();
  const work = inSpan(declaration, async () => {
    throw thrown;
  });
  await expect(work).rejects.toBe(thrown);
  const [span] = exporter.getFinishedSpans();
  return span;
}

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

test.for<
  [what: string, thrown: unknown, type: string, message: string, hasStack: boolean, exception?: string]
>([
  ['a bug', new TypeError('no such thing'), 'TypeError', 'no such thing', true],
  ['an error with a code', refused, 'ECONNREFUSED', 'connect ECONNREFUSED', true, 'Error'],
  ['a text', 'out of paper', 'string', 'out of paper', false],
  ['undefined', undefined, 'undefined', 'undefined', false],
  ['503', unavailable('stock'), 'HttpError', 'stock is not available', false],
  [
    ...(['503 because of an error', unavailable('stock', refused)] as const),
    ...(['ECONNREFUSED', 'connect ECONNREFUSED', false, 'Error'] as const),
  ],
  ['503 because of a text', unavailable('stock', 'closed'), 'string', 'closed', false],
])(
  'When work throws %s, then its span describes it',
  async ([, thrown, type, message, hasStack, exception = type]) => {
    const span = await spanOf(thrown);
    expect(span).toMatchObject({
      status: { code: 2, message },
      attributes: { 'error.type': type },
      events: [
        { name: 'exception', attributes: { 'exception.type': exception, 'exception.message': message } },
      ],
    });
    expect('exception.stacktrace' in Object(span?.events[0]?.attributes)).toBe(hasStack);
  },
);

test('When work refuses a request, then its span has no error', async () => {
  expect(await spanOf(new HttpError(409, 'no'))).toMatchObject({ status: { code: 0 }, events: [] });
});
