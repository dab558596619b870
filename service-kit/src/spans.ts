import { type Context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { HttpError } from './http-error';
import { describeError } from './mask';
import type { SpanDeclaration, Values } from './registry/declaration';

/** A span that takes what is declared of it, and nothing else. */
export interface DeclaredSpan<Declaration extends SpanDeclaration> {
  set(values: Partial<Values<Declaration['attributes']>>): void;
  event<Name extends keyof Declaration['events'] & string>(
    name: Name,
    values: Values<Declaration['events'][Name]['attributes']>,
  ): void;
}

const tracer = trace.getTracer('vitrine');

/** Does the work inside the span. What it throws is recorded, unless it is a refusal: an HttpError below 500. */
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

/**
 * Starts a span that the caller ends.
 *
 * @param name the declared one, with its placeholders filled in
 * @param parent by default what is under way
 */
export function startSpan<const Declaration extends SpanDeclaration>(
  { kind }: Declaration,
  name: string,
  attributes: Partial<Values<Declaration['attributes']>>,
  parent?: Context,
): Span {
  return tracer.startSpan(name, { kind: SpanKind[kind ?? 'INTERNAL'], attributes }, parent);
}

/** A span of what is over already. Times are those of `performance.now()`. */
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

/**
 * Marks the span as failed, with the type and message of what was thrown.
 *
 * @returns the type, as {@link errorTypeOf}
 */
export function markFailed(span: Span, thrown: unknown): string {
  const type = errorTypeOf(thrown);
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR, message: describeError(thrown).message });
  marked.add(span);
  return type;
}

const marked = new WeakSet<Span>();

/** Whether the span's status tells already what went wrong. */
export function isMarked(span: Span): boolean {
  return marked.has(span);
}

/** Writes on the span what went wrong: type and message of the cause, and for a bug its stack. */
export function recordError(error: unknown, span: Span | undefined = trace.getActiveSpan()): void {
  if (!span) return;
  const isBug = !(error instanceof HttpError);
  const cause = isBug ? error : (error.cause ?? error);
  const name = markFailed(span, cause);
  const { message, stack } = describeError(cause);
  span.recordException({ name, message, ...(isBug && stack && { stack }) });
}
