import { type Entry, isOrphan, type TraceView } from '../trace-view/arrange.ts';
import {
  formatDuration,
  isFailure,
  levelOf,
  lineFields,
  pairs,
  serviceNumber,
  spanLabel,
  spanOutcome,
} from '../trace-view/label.ts';

/** A row of the waterfall. `from` and `length` are thousandths of the trace's duration. */
export type Row = {
  kind: Entry['kind'];
  /** Steps by which the name is indented, 0 to `maxIndent`. */
  indent: number;
  from: number;
  /** 0 for events and log lines. */
  length: number;
  /** The duration of a span; the offset of an event or log line. */
  time: string;
} & RowText;

type RowText = {
  /** The service, for SERVER spans and the root; the level of a log line. */
  lead: string;
  text: string;
  /** Fields of a log line, or attributes of an event. */
  aside: string;
  outcome: string;
  isBad: boolean;
  /** The number of the service, which selects the colour. */
  tone: number;
  /** All details, as `key=value` under headings. */
  facts: readonly { title: string; lines: readonly string[] }[];
};

const maxIndent = 12;
/** Shorter bars would be invisible. */
const minBarLength = 3;

export function waterfallRows(view: TraceView): readonly Row[] {
  const place = (atMs: number) => {
    const share = (atMs - view.startMs) / (view.durationMs || 1);
    return Math.round(1000 * Math.min(1, Math.max(0, share)));
  };
  return view.entries.map((entry) => {
    const { kind, depth, atMs } = entry;
    const indent = Math.min(depth, maxIndent);
    const after = `+${formatDuration(atMs - view.startMs)}`;
    if (entry.kind !== 'span') {
      const text = entry.kind === 'event' ? eventText(entry) : lineText(entry);
      return { kind, indent, from: place(atMs), length: 0, time: after, ...text };
    }
    const { durationMs } = entry.span;
    const length = Math.max(minBarLength, place(atMs + durationMs) - place(atMs));
    const from = Math.min(place(atMs), 1000 - length);
    return { kind, indent, from, length, time: formatDuration(durationMs), ...spanText(entry, after) };
  });
}

function spanText(entry: Entry & { kind: 'span' }, after: string): RowText {
  const { span, depth } = entry;
  const lost = isOrphan(entry) ? ', its parent is not in Jaeger' : '';
  return {
    lead: span.kind === 'server' || depth === 0 ? span.service : '',
    text: spanLabel(span),
    aside: '',
    outcome: spanOutcome(span),
    isBad: isFailure(span),
    tone: serviceNumber(span.service),
    facts: [
      { title: `${span.kind} span ${span.spanId}, ${after}${lost}`, lines: pairs(span.attributes) },
      { title: 'Status', lines: span.statusMessage ? [span.statusMessage] : [] },
      { title: 'Process', lines: pairs(span.resource) },
    ],
  };
}

function eventText({ event, service }: Entry & { kind: 'event' }): RowText {
  return {
    ...{ lead: '', text: event.name, outcome: '', tone: serviceNumber(service) },
    aside: pairs(event.attributes)
      .filter((pair) => !pair.startsWith('exception.stacktrace'))
      .join(' '),
    isBad: event.name === 'exception',
    facts: [{ title: 'Attributes', lines: pairs(event.attributes) }],
  };
}

function lineText({ line }: Entry & { kind: 'log' }): RowText {
  const level = levelOf(line);
  return {
    ...{ lead: level, text: line.body, outcome: '', tone: serviceNumber(line.labels.service_name ?? '') },
    aside: lineFields(line).join(' '),
    isBad: level === 'error' || level === 'fatal',
    facts: [
      { title: 'Log line', lines: [line.body] },
      { title: 'Fields', lines: pairs(line.metadata) },
      { title: 'Labels', lines: pairs(line.labels) },
    ],
  };
}
