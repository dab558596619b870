import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import { maskText } from './mask';

/**
 * Masks what instrumentations copy from errors onto spans: a database names the value that is a duplicate, and that
 * may be an e-mail address. Passes spans on to `next`.
 */
export function maskErrors(next: SpanProcessor): SpanProcessor {
  return {
    onStart: (span, context) => next.onStart(span, context),
    onEnd(span) {
      maskSpan(span);
      next.onEnd(span);
    },
    forceFlush: () => next.forceFlush(),
    shutdown: () => next.shutdown(),
  };
}

function maskSpan({ status, events }: ReadableSpan): void {
  if (status.message) status.message = maskText(status.message);
  for (const { attributes = {} } of events) {
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === 'string') attributes[name] = maskText(value);
    }
  }
}
