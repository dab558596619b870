import { type Entry, isOrphan, type TraceView } from './arrange.ts';
import {
  formatDuration,
  formatTime,
  isFailure,
  levelOf,
  lineFields,
  pairs,
  sanitizeForTerminal,
  serviceNumber,
  spanLabel,
  spanOutcome,
} from './label.ts';
import { type ServedRequest, servedRequest } from './served-request.ts';

type Colour = 'bold' | 'gray' | 'red' | 'yellow' | 'green' | 'cyan' | 'magenta' | 'blue';

export type Page = {
  /** The number of columns. */
  width: number;
  /** Whether longer lines are cut, as on a terminal; a program gets them whole. */
  isCut: boolean;
  /** Colours a text where colours are supported. */
  paint: (colour: Colour, text: string) => string;
};

const durationWidth = 9;
const outcomeWidth = 6;
const narrowestBar = 12;

/** The trace as a tree with a bar for each span, its log lines and its events. */
export function traceLines(view: TraceView, page: Page): string[] {
  const { root, startMs, durationMs, spanCount, services, traceId, orphanCount } = view;
  const { method, route, status } = servedRequest(root);
  const title = root.kind === 'server' ? `${method} ${route} ${status ?? 'without an answer'}` : root.name;
  const counts = `${plural(spanCount, 'span')} of ${plural(services.length, 'service')}`;
  const layout = planLayout(view, page.width);
  return [
    page.paint(
      'bold',
      cut(sanitizeForTerminal(`${root.service} ${title}, ${formatDuration(durationMs)}`), page.width),
    ),
    page.paint('gray', cut(`${traceId}  ${formatTime(startMs)}  ${counts}`, page.width)),
    '',
    ...view.entries.map((entry) => entryLine(entry, view, layout, page)),
    ...(orphanCount === 0
      ? []
      : ['', `Spans marked ? (${orphanCount}) have a parent that is not in Jaeger.`]),
  ];
}

/** One line for each request, beginning with its trace id. */
export function requestLines(requests: readonly ServedRequest[], { width, paint }: Page): string[] {
  return requests.map(({ atMs, status, durationMs, traceId, method, route, isError }) => {
    const outcome = String(status ?? '-').padStart(4);
    const head = `${traceId}  ${formatTime(atMs)} `;
    const line = `${head}${outcome} ${formatDuration(durationMs).padStart(durationWidth)}  `;
    const shown = cut(sanitizeForTerminal(`${method} ${route}`), width - line.length);
    return isError ? paint('red', line + shown) : line + shown;
  });
}

type Layout = { labels: number; bars: number };

function planLayout({ entries }: TraceView, width: number): Layout {
  const longest = Math.max(...entries.map((entry) => (entry.kind === 'span' ? label(entry).length : 0)));
  const rest = width - durationWidth - outcomeWidth - 4;
  const labels = Math.min(longest, Math.max(24, Math.floor(rest * 0.6)), rest);
  const bars = rest - labels;
  return { labels, bars: bars < narrowestBar ? 0 : bars };
}

function label(entry: Entry & { kind: 'span' }): string {
  const { span, depth } = entry;
  const service = span.kind === 'server' || depth === 0 ? `${span.service} ` : '';
  return `${'  '.repeat(depth)}${isOrphan(entry) ? '? ' : ''}${sanitizeForTerminal(`${service}${spanLabel(span)}`)}`;
}

function entryLine(entry: Entry, view: TraceView, { labels, bars }: Layout, { paint, width, isCut }: Page) {
  if (entry.kind !== 'span') {
    const offset = formatDuration(entry.atMs - view.startMs);
    const text =
      entry.kind === 'log' ? logText(entry) : [entry.event.name, ...pairs(entry.event.attributes)].join(' ');
    const line = `${'  '.repeat(entry.depth)}· ${offset}  ${sanitizeForTerminal(text)}`;
    const colour = entry.kind === 'log' ? levelColour(levelOf(entry.line)) : 'gray';
    return paint(colour, isCut ? cut(line, width) : line);
  }
  const { span } = entry;
  const isBad = isFailure(span);
  const name = cut(label(entry), labels).padEnd(labels);
  const duration = formatDuration(span.durationMs).padStart(durationWidth);
  const outcome = cut(sanitizeForTerminal(spanOutcome(span)), outcomeWidth).padStart(outcomeWidth);
  const cells = [isBad ? paint('red', name) : name];
  if (bars > 0) cells.push(paint(isBad ? 'red' : serviceColour(span.service), bar(span, view, bars)));
  cells.push(duration, isBad ? paint('red', outcome) : outcome);
  return cells.join(' ').trimEnd();
}

function logText({ line }: Entry & { kind: 'log' }): string {
  return [levelOf(line), line.body, ...lineFields(line)].join(' ');
}

/** The span's bar, at least one column long, in a row of `width` columns for the whole trace. */
function bar(span: { startMs: number; durationMs: number }, view: TraceView, width: number): string {
  const scale = width / (view.durationMs || 1);
  const from = Math.min(width - 1, Math.max(0, Math.floor((span.startMs - view.startMs) * scale)));
  const length = Math.min(width - from, Math.max(1, Math.round(span.durationMs * scale)));
  return `${' '.repeat(from)}${'━'.repeat(length)}`.padEnd(width);
}

const colours = ['cyan', 'yellow', 'green', 'magenta', 'blue'] as const;

function serviceColour(service: string): Colour {
  return colours[serviceNumber(service)] ?? 'blue';
}

function levelColour(level: string): Colour {
  if (level === 'error' || level === 'fatal') return 'red';
  return level === 'warn' ? 'yellow' : 'gray';
}

/** Cuts a text to `width` characters and marks the cut with `…`. */
function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
