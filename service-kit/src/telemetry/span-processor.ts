import { type Attributes, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import { maskText } from '../mask';
import { metrics, SLOW_STATEMENT_MS } from '../registry/kit';
import { observe } from './instruments';
import { ABORTED, errorTypeOf } from './spans';

/** Instrumentations fill these with what a client sent: paths, queries, headers. */
const FROM_OUTSIDE = ['url.path', 'url.query', 'url.full', 'user_agent.original', 'server.address'];

/** Characters: a batch of 512 requests stays below the 4 MiB that collectors take by default, whatever clients send. */
const MAX_TEXT = 500;
const MAX_STACK = 4000;

/**
 * Completes, masks and counts spans, and hands them on to the processor that `makeNext` makes at the first one, when there
 * is a meter provider. A database names the value that is a duplicate, which may be an e-mail address, so texts of
 * errors are masked, too.
 */
export function processSpans(makeNext: () => SpanProcessor): SpanProcessor {
  let next: SpanProcessor | undefined;
  let started = 0;
  const begin = () => {
    // It is cheaper than the SDK's own counters, which hash their attributes three times for each span.
    observe(metrics.spansStarted, (tell) => tell(started, {}));
    return makeNext();
  };
  const finish = (span: ReadableSpan) => {
    maskSpan(span);
    next?.onEnd(span);
  };
  return {
    onStart(span, context) {
      next ??= begin();
      started += 1;
      next.onStart(span, context);
    },
    onEnd(span) {
      if (!('db.system.name' in span.attributes)) return finish(span);
      markSlowStatement(span);
      if (span.status.code !== SpanStatusCode.ERROR) return finish(span);
      // The instrumentation tells no type of the error. It calls back just after this, and `noteStatementError` adds one.
      justFailed = span;
      queueMicrotask(() => {
        justFailed = undefined;
        finish(span);
      });
    },
    forceFlush: async () => next?.forceFlush(),
    // A loss is counted; it is no reason to give up on the other signals.
    shutdown: async () => next?.shutdown().catch(() => undefined),
  };
}

let justFailed: ReadableSpan | undefined;

/** Has to be called first of all by the callback of a statement that failed: its span is still here. */
export function noteStatementError(error: unknown): void {
  if (justFailed) justFailed.attributes['error.type'] = errorTypeOf(error);
  justFailed = undefined;
}

function markSlowStatement({ attributes, duration: [seconds, nanoseconds] }: ReadableSpan): void {
  if (seconds * 1000 + nanoseconds / 1_000_000 >= SLOW_STATEMENT_MS) attributes['vitrine.db.slow'] = true;
}

function maskSpan({ attributes, status, events }: ReadableSpan): void {
  for (const name of FROM_OUTSIDE) maskAttribute(attributes, name, MAX_TEXT);
  if (attributes['error.type'] === ABORTED) {
    // The instrumentation takes a response without a status for an error. A client that leaves is no failure of the service.
    status.code = SpanStatusCode.UNSET;
    delete status.message;
  }
  if (status.message) status.message = maskText(status.message).slice(0, MAX_TEXT);
  for (const { attributes = {} } of events) {
    for (const name of Object.keys(attributes))
      maskAttribute(attributes, name, name === 'exception.stacktrace' ? MAX_STACK : MAX_TEXT);
  }
}

/** Masks before it cuts: half a secret no longer looks like one. */
function maskAttribute(attributes: Attributes, name: string, maxLength: number): void {
  const value = attributes[name];
  if (typeof value === 'string') attributes[name] = maskText(value).slice(0, maxLength);
}
