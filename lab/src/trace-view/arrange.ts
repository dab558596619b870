import type { LogLine } from '../query/loki.ts';
import type { Span, SpanEvent, Trace } from '../query/span.ts';

type Item =
  | { kind: 'span'; span: Span }
  | { kind: 'event'; event: SpanEvent; service: string }
  | { kind: 'log'; line: LogLine };

/** One row of a displayed trace: a span, or an event or log line within it. */
export type Entry = Item & { depth: number; atMs: number };

export type TraceView = {
  traceId: string;
  /** The span that began the trace, or the earliest when that is missing. */
  root: Span;
  /** The start of the earliest span, which may differ from the root's when clocks disagree. */
  startMs: number;
  durationMs: number;
  spanCount: number;
  services: readonly string[];
  /** Spans whose parent is not in the trace: it was lost, has not arrived yet, or is outside the shop. */
  orphanCount: number;
  /** Parents precede children; siblings, events and log lines are ordered by time. */
  entries: readonly Entry[];
};

/** Arranges the spans, each once, and the log lines with the trace's id; undefined without spans. */
export function arrangeTrace({ traceId, spans }: Trace, lines: readonly LogLine[]): TraceView | undefined {
  const unique = [...new Map(spans.map((span) => [span.spanId, span])).values()];
  const entries = walk(placeItems(unique, lines));
  const tops = entries.flatMap((entry) => (entry.kind === 'span' && entry.depth === 0 ? [entry] : []));
  const root = tops.find((top) => !isOrphan(top)) ?? tops[0];
  if (root === undefined) return undefined;
  const startMs = Math.min(...unique.map((span) => span.startMs));
  const endMs = Math.max(...unique.map((span) => span.startMs + span.durationMs));
  return {
    traceId,
    root: root.span,
    startMs,
    durationMs: endMs - startMs,
    spanCount: unique.length,
    services: [...new Set(unique.map(({ service }) => service))],
    orphanCount: tops.filter(isOrphan).length,
    entries,
  };
}

/** Whether the span names a parent that is not in the trace. */
export function isOrphan({ depth, span }: Entry & { kind: 'span' }): boolean {
  return depth === 0 && span.parentSpanId !== undefined;
}

/** An item with the id of the span that contains it; `owner` is undefined at the top. */
type Placed = { item: Item; atMs: number; owner: string | undefined };

function placeItems(spans: readonly Span[], lines: readonly LogLine[]): Placed[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const known = (spanId: string | undefined) =>
    spanId !== undefined && ids.has(spanId) ? spanId : undefined;
  const placed: Placed[] = [];
  for (const span of spans) {
    const { spanId, service } = span;
    placed.push({ item: { kind: 'span', span }, atMs: span.startMs, owner: known(span.parentSpanId) });
    for (const event of span.events) {
      placed.push({ item: { kind: 'event', event, service }, atMs: event.atMs, owner: spanId });
    }
  }
  for (const line of lines) {
    placed.push({ item: { kind: 'log', line }, atMs: line.atMs, owner: known(line.metadata.span_id) });
  }
  return placed.toSorted((a, b) => a.atMs - b.atMs || endOf(a) - endOf(b));
}

/** Orders items that began in the same millisecond, the resolution of the services' clock, by their end. */
function endOf({ item, atMs }: Placed): number {
  return atMs + (item.kind === 'span' ? item.span.durationMs : 0);
}

/** Orders the items depth-first, without recursion: a trace may be thousands of spans deep. */
function walk(placed: readonly Placed[]): Entry[] {
  const children = Map.groupBy(placed, ({ owner }) => owner);
  const entries: Entry[] = [];
  const seen = new Set<Placed>();
  const visit = (tops: readonly Placed[]) => {
    const waiting = tops.map((one) => ({ one, depth: 0 })).toReversed();
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { one, depth } = next;
      if (seen.has(one)) continue;
      seen.add(one);
      entries.push({ ...one.item, depth, atMs: one.atMs });
      if (one.item.kind !== 'span') continue;
      const below = children.get(one.item.span.spanId) ?? [];
      waiting.push(...below.map((child) => ({ one: child, depth: depth + 1 })).toReversed());
    }
  };
  visit(children.get(undefined) ?? []);
  // Spans that name each other as parents are not reachable from the top.
  for (const one of placed) {
    if (seen.has(one) || one.item.kind !== 'span') continue;
    visit([one]);
  }
  return entries;
}
