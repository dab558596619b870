import { type Span, type SpanContext, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { HttpError } from '../http-error';
import { describeError } from '../mask';
import type { SpanDeclaration, Values } from '../registry/declaration';

/** A span that takes what is declared of it, and nothing else. */
export interface DeclaredSpan<Declaration extends SpanDeclaration> {
  set(values: Partial<Values<Declaration['attributes']>>): void;
  event<Name extends keyof Declaration['events'] & string>(
    name: Name,
    values: Values<Declaration['events'][Name]['attributes']>,
  ): void;
}

const tracer = trace.getTracer('vitrine');

/** The `error.type` of a request whose client left before the end of the answer. */
export const ABORTED = 'aborted';

/** The active span; undefined where it is not sampled, or telemetry is off. */
export function sampledSpan(): SpanContext | undefined {
  const span = trace.getActiveSpan();
  if (!span?.isRecording()) return undefined;
  const spanContext = span.spanContext();
  return spanContext.traceFlags & TraceFlags.SAMPLED ? spanContext : undefined;
}

/** The W3C `traceparent` by which others join the trace of a sampled span. */
export function traceparentOf({ traceId, spanId }: SpanContext): string {
  return `00-${traceId}-${spanId}-01`;
}

/** Does the work inside the span. An error is recorded on it, unless it is a refusal: an HttpError below 500. */
export function inSpan<const Declaration extends SpanDeclaration, Result>(
  declaration: Declaration,
  work: (span: DeclaredSpan<Declaration>) => Promise<Result>,
): Promise<Result> {
  return tracer.startActiveSpan(declaration.name, async (span) => {
    try {
      return await work({
        set: (values) => span.setAttributes(values),
        event: (name, values) => span.addEvent(name, values),
      });
    } catch (error) {
      const isRefusal = error instanceof HttpError && error.status < 500;
      if (!isRefusal) recordError(error, span);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Records a span of something that is over already. Times are those of `performance.now()`. */
export function recordSpan<const Declaration extends SpanDeclaration>(
  declaration: Declaration,
  { startedAt, endedAt }: { startedAt: number; endedAt: number },
  values: Values<Declaration['attributes']>,
): void {
  const span = tracer.startSpan(declaration.name, { startTime: startedAt, attributes: values });
  if ('error.type' in values) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(endedAt);
}

/** The `error.type` of what was thrown: the code of an Error, or its name; of anything else its type. */
export function errorTypeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown;
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.name;
}

/** The messages of the errors that {@link recordError} has recorded. */
export const errorMessages = new WeakMap<Span, string>();

/** Writes on the span what went wrong: type and message of the cause, and for a bug its stack. */
export function recordError(error: unknown, span: Span | undefined = trace.getActiveSpan()): void {
  if (!span) return;
  const isBug = !(error instanceof HttpError);
  const cause = isBug ? error : (error.cause ?? error);
  const { type: name, message, stack } = describeError(cause);
  errorMessages.set(span, message);
  span.setAttribute('error.type', errorTypeOf(cause));
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  span.recordException({ name, message, ...(isBug && stack && { stack }) });
}
