import { describe, expect, test } from 'vitest';
import { arrangeTrace } from '../src/trace-view/arrange.ts';
import { formatDuration } from '../src/trace-view/label.ts';
import { servedRequest } from '../src/trace-view/served-request.ts';
import { requestLines, traceLines } from '../src/trace-view/terminal.ts';
import { readTraceId } from '../src/trace-view/trace-id.ts';
import { aLine, aSpan, aTrace, traceId } from './span-builder.ts';

const plain = { isCut: true, paint: (_colour: string, text: string) => text };
const client = {
  kind: 'client' as const,
  name: 'GET',
  attributes: {
    'http.request.method': 'GET',
    'peer.service': 'order-service',
    'http.response.status_code': 200,
  },
};
const spans = [
  aSpan('a', { durationMs: 40 }),
  aSpan('b', { parentSpanId: 'a', ...client, startMs: 1010, durationMs: 20 }),
  aSpan('c', {
    parentSpanId: 'b',
    service: 'order-service',
    name: 'GET /api/order',
    startMs: 1020,
    durationMs: 10,
  }),
];
const lines = [aLine('c', { atMs: 1029 }), aLine('a', { atMs: 1039, body: 'page sent' })];

function show(width: number, given = spans, withLines = lines): string[] {
  const view = arrangeTrace(aTrace(...given), withLines);
  return view ? traceLines(view, { ...plain, width }) : [];
}

describe('a trace in the terminal', () => {
  test('When it is wide enough, then each span has a bar where it was, and lines stand in place', () => {
    const [title, counts, , ...rows] = show(79);
    expect(title).toBe('frontend GET / 200, 40.0 ms');
    expect(counts).toMatch(/^a{32} {2}1 Jan 1970 [\d:.]+ {2}3 spans of 2/);
    expect(rows.map((row) => row.replace(/ +/g, ' '))).toEqual([
      `frontend GET / ${'━'.repeat(28)} 40.0 ms 200`,
      ` GET → order-service ${'━'.repeat(14)} 20.0 ms 200`,
      ` order-service GET /api/order ${'━'.repeat(7)} 10.0 ms 200`,
      ' · 29.0 ms info request',
      ' · 39.0 ms info page sent',
    ]);
    const starts = rows.slice(0, 3).map((row) => row.indexOf('━'));
    expect(starts.map((start) => start - (starts[0] ?? 0))).toEqual([0, 7, 14]);
  });

  test.for([200, 120, 80, 60, 40, 30])('When the terminal has %i columns, then no line has more', (width) => {
    const deep = Array.from({ length: 30 }, (_, index) =>
      aSpan(`s${index}`, { startMs: 1000 + index, ...(index > 0 && { parentSpanId: `s${index - 1}` }) }),
    );
    const long = aLine('s29', { body: 'so '.repeat(100) });
    for (const line of show(width, deep, [long])) expect(line.length, line).toBeLessThanOrEqual(width);
  });

  test('When a program reads it, then lines of the log are whole', () => {
    const body = 'so '.repeat(100);
    const view = arrangeTrace(aTrace(aSpan('a')), [aLine('a', { body })]);
    const shown = view ? traceLines(view, { ...plain, isCut: false, width: 80 }) : [];
    expect(shown.join('\n')).toContain(body.trimEnd());
  });

  test('When others wrote orders for a terminal into a line or a path, then they do nothing', () => {
    const hostile = '\u001b[2J\u001b]0;title\u0007\r\nGET /\u009b31m';
    const attributes = { 'http.route': hostile, 'error.type': hostile };
    const bad = aSpan('a', { name: hostile, service: hostile, status: 'error', attributes });
    const shown = show(200, [bad], [aLine('a', { body: hostile })]).join('');
    const requests = requestLines([servedRequest(bad)], { ...plain, width: 200 }).join('');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(shown + requests).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });

  test('When spans have lost their parent, then they are marked, and it is said what that means', () => {
    const rows = show(80, [aSpan('x', { parentSpanId: 'lost' })], []);
    expect(rows[3]).toMatch(/^\? frontend GET \//);
    expect(rows.at(-1)).toBe('Spans marked ? (1) have a parent that is not in Jaeger.');
  });
});

test.for([
  [traceId, traceId],
  [` ${traceId.toUpperCase()}\n`, traceId],
  [`00-${traceId}-${'b'.repeat(16)}-01`, traceId],
  ['a'.repeat(31), undefined],
  ['a'.repeat(33), undefined],
  ['g'.repeat(32), undefined],
  [`${traceId}?x`, undefined],
  ['', undefined],
] as const)('When %j is given as a trace id, then it is read as %j', ([given, read]) => {
  expect(readTraceId(given)).toBe(read);
});

test.for([
  [0.004, '0.00 ms'],
  [0.42, '0.42 ms'],
  [48.21, '48.2 ms'],
  [999.96, '1.00 s'],
  [1240, '1.24 s'],
] as const)('When something took %f ms, then it reads %s', ([ms, text]) => {
  expect(formatDuration(ms)).toBe(text);
});
