import { describe, expect, test } from 'vitest';
import type { LogLine } from '../src/query/loki.ts';
import type { Span } from '../src/query/span.ts';
import { arrangeTrace, type Entry, isOrphan } from '../src/trace-view/arrange.ts';
import { aLine, aSpan, aTrace } from './span-builder.ts';

function arrange(spans: Span[], lines: LogLine[] = []) {
  const view = arrangeTrace(aTrace(...spans), lines);
  if (view === undefined) throw new Error('The trace is empty');
  return { ...view, sketch: view.entries.map(sketch) };
}

/** In short: `1 b?` is span b, one step in and without its parent; `2 "text"` a log line, `2 *name` an event. */
function sketch(entry: Entry): string {
  if (entry.kind === 'log') return `${entry.depth} "${entry.line.body}"`;
  if (entry.kind === 'event') return `${entry.depth} *${entry.event.name}`;
  return `${entry.depth} ${entry.span.spanId}${isOrphan(entry) ? '?' : ''}`;
}

describe('arranging a trace', () => {
  test('When spans come in any order, then parents stand before children, and siblings by time', () => {
    const { sketch, root } = arrange([
      aSpan('late', { parentSpanId: 'root', startMs: 1006 }),
      aSpan('below', { parentSpanId: 'early', startMs: 1003 }),
      aSpan('root'),
      aSpan('early', { parentSpanId: 'root', startMs: 1002 }),
    ]);
    expect(sketch).toEqual(['0 root', '1 early', '2 below', '1 late']);
    expect(root.spanId).toBe('root');
  });

  test('When spans have lines and events, then they stand in the span, at their time', () => {
    const events = [{ name: 'validated', atMs: 1004, attributes: {} }];
    const { sketch } = arrange(
      [aSpan('root', { events }), aSpan('child', { parentSpanId: 'root', startMs: 1003 })],
      [
        aLine('root', { atMs: 1010, body: 'done' }),
        aLine('child', { atMs: 1005, body: 'asked' }),
        aLine('root', { atMs: 1001, body: 'begun' }),
      ],
    );
    expect(sketch).toEqual(['0 root', '1 "begun"', '1 child', '2 "asked"', '1 *validated', '1 "done"']);
  });

  test('When a line names no span that is there, then it stands at the edge', () => {
    const { sketch } = arrange([aSpan('root')], [aLine('lost', { atMs: 1020, body: 'late' })]);
    expect(sketch).toEqual(['0 root', '0 "late"']);
  });

  test('When a parent is missing, then its children stand at the edge, and say so', () => {
    const { sketch, orphanCount, root } = arrange([
      aSpan('orphan', { parentSpanId: 'lost', startMs: 900 }),
      aSpan('child', { parentSpanId: 'orphan', startMs: 901 }),
      aSpan('root'),
    ]);
    expect(sketch).toEqual(['0 orphan?', '1 child', '0 root']);
    expect([orphanCount, root.spanId]).toEqual([1, 'root']);
  });

  test('When the root is missing, then the earliest span stands for it', () => {
    const { root, orphanCount } = arrange([
      aSpan('b', { parentSpanId: 'lost', startMs: 1005 }),
      aSpan('a', { parentSpanId: 'lost', startMs: 1001 }),
    ]);
    expect([root.spanId, orphanCount]).toEqual(['a', 2]);
  });

  test('When there are several roots, then all are shown, the first by time is the root', () => {
    const { sketch, root } = arrange([aSpan('second', { startMs: 1100 }), aSpan('first')]);
    expect(sketch).toEqual(['0 first', '0 second']);
    expect(root.spanId).toBe('first');
  });

  test('When clocks disagree, then the tree stays, and the trace lasts from the earliest to the latest', () => {
    const { sketch, startMs, durationMs } = arrange([
      aSpan('root', { startMs: 1000, durationMs: 10 }),
      aSpan('skewed', { parentSpanId: 'root', startMs: 950, durationMs: 5 }),
      aSpan('ahead', { parentSpanId: 'root', startMs: 1005, durationMs: 45 }),
    ]);
    expect(sketch).toEqual(['0 root', '1 skewed', '1 ahead']);
    expect([startMs, durationMs]).toEqual([950, 100]);
  });

  test('When a span was delivered twice, then it is shown once', () => {
    const { sketch, spanCount } = arrange([
      aSpan('root'),
      aSpan('child', { parentSpanId: 'root' }),
      aSpan('child', { parentSpanId: 'root' }),
    ]);
    expect(sketch).toEqual(['0 root', '1 child']);
    expect(spanCount).toBe(2);
  });

  test('When spans are each others’ parents, or their own, then none is lost', () => {
    const { sketch } = arrange([
      aSpan('a', { parentSpanId: 'b' }),
      aSpan('b', { parentSpanId: 'a', startMs: 1001 }),
      aSpan('self', { parentSpanId: 'self', startMs: 1002 }),
    ]);
    expect(sketch).toEqual(['0 a?', '1 b', '0 self?']);
  });

  test('When a trace is fifty thousand spans deep, then it is arranged in no time', () => {
    const spans = Array.from({ length: 50_000 }, (_, index) =>
      aSpan(`s${index}`, { startMs: 1000 + index, ...(index > 0 && { parentSpanId: `s${index - 1}` }) }),
    );
    const begunMs = performance.now();
    const { entries } = arrange(spans);
    expect(performance.now() - begunMs).toBeLessThan(5000);
    expect(entries.at(-1)?.depth).toBe(49_999);
  });
});
