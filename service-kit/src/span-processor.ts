import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import { observe } from './instruments';
import { maskText } from './mask';
import { metrics } from './registry/kit';

/** These hold what a client sent: paths, queries, headers. */
const FROM_OUTSIDE = ['url.path', 'url.query', 'url.full', 'user_agent.original', 'server.address'];

/** Characters: a batch of 512 spans stays below what gRPC takes, 4 MiB, whatever was sent. */
const MAX_TEXT = 1000;
const MAX_STACK = 4000;

/**
 * Masks what is on spans of requests and of errors: a database names the value that is a duplicate, and that may be an
 * e-mail address. Cuts it where it is long. Counts spans, and passes them on to the processor that `makeNext` makes for
 * the first one.
 */
export function maskSpans(makeNext: () => SpanProcessor): SpanProcessor {
  let made: SpanProcessor | undefined;
  let started = 0;
  const begin = () => {
    // The SDK's own counters hash their attributes three times for each span.
    observe(metrics.spansStarted, (tell) => tell(started, {}));
    return makeNext();
  };
  return {
    onStart(span, context) {
      made ??= begin();
      started += 1;
      made.onStart(span, context);
    },
    onEnd(span) {
      maskSpan(span);
      made?.onEnd(span);
    },
    forceFlush: async () => made?.forceFlush(),
    // A loss is counted; it is no reason to give up on the other signals.
    shutdown: async () => made?.shutdown().catch(() => undefined),
  };
}

function maskSpan({ attributes, status, events }: ReadableSpan): void {
  for (const name of FROM_OUTSIDE) maskAttribute(attributes, name, MAX_TEXT);
  if (status.message) status.message = maskText(status.message).slice(0, MAX_TEXT);
  for (const { attributes = {} } of events) {
    for (const name of Object.keys(attributes)) maskAttribute(attributes, name, MAX_STACK);
  }
}

/** Masked before it is cut: half a secret no longer looks like one. */
function maskAttribute(attributes: Attributes, name: string, maxLength: number): void {
  const value = attributes[name];
  if (typeof value === 'string') attributes[name] = maskText(value).slice(0, maxLength);
}
