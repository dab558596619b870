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

/** A row of the waterfall. Positions are thousandths of the trace's duration. */
export type Row = {
  kind: Entry['kind'];
  /** How far to the right its name stands, 0 to `deepest`. */
  indent: number;
  from: number;
  /** 0 for what happened at once. */
  length: number;
  /** How long it took, or for what has no length, when it was. */
  time: string;
} & Words;

type Words = {
  /** The service, where it is not that of the row above; of a log line the level. */
  lead: string;
  text: string;
  /** What else a log line says at a glance. */
  aside: string;
  outcome: string;
  isBad: boolean;
  /** Goes by the service, and gives the colour. */
  tone: number;
  /** All there is to say, as `key=value` under headings. */
  facts: readonly { title: string; lines: readonly string[] }[];
};

const deepest = 12;
/** Still to be seen. */
const thinnest = 3;

export function waterfallRows(view: TraceView): readonly Row[] {
  const place = (atMs: number) => {
    const share = (atMs - view.startMs) / (view.durationMs || 1);
    return Math.round(1000 * Math.min(1, Math.max(0, share)));
  };
  return view.entries.map((entry) => {
    const { kind, depth, atMs } = entry;
    const indent = Math.min(depth, deepest);
    const after = `+${formatDuration(atMs - view.startMs)}`;
    if (entry.kind !== 'span') {
      const words = entry.kind === 'event' ? eventWords(entry) : lineWords(entry);
      return { kind, indent, from: place(atMs), length: 0, time: after, ...words };
    }
    const { durationMs } = entry.span;
    const length = Math.max(thinnest, place(atMs + durationMs) - place(atMs));
    const from = Math.min(place(atMs), 1000 - length);
    return { kind, indent, from, length, time: formatDuration(durationMs), ...spanWords(entry, after) };
  });
}

function spanWords(entry: Entry & { kind: 'span' }, after: string): Words {
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

function eventWords({ event, service }: Entry & { kind: 'event' }): Words {
  return {
    ...{ lead: '', text: event.name, outcome: '', tone: serviceNumber(service) },
    aside: pairs(event.attributes)
      .filter((pair) => !pair.startsWith('exception.stacktrace'))
      .join(' '),
    isBad: event.name === 'exception',
    facts: [{ title: 'Attributes', lines: pairs(event.attributes) }],
  };
}

function lineWords({ line }: Entry & { kind: 'log' }): Words {
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
