import type { Prometheus } from '../query/prometheus.ts';
import type { Span, Trace } from '../query/span.ts';
import type { Stores } from '../query/stores.ts';
import { type AlertWatch, isAlert } from './alert-watch.ts';
import type {
  AlertExpectation,
  Expectation,
  LogExpectation,
  MetricExpectation,
  SpanExpectation,
} from './scenario.ts';

export type Window = { startMs: number; endMs: number };

/** What the backends showed of an expectation. */
export type Sight = {
  isMet: boolean;
  /** Not met, but on the way: an alert that is pending. */
  isNear?: boolean;
  /** The backend could not be asked. */
  isUnknown?: boolean;
  /** A sentence without a full stop. */
  lastSeen: string;
  /** The traces with a span, or the lines, that were expected. */
  traceIds?: readonly string[];
};

export type Backends = Stores & { alerts: AlertWatch };

/** An expectation, and how to look for it. `look` throws a BackendError when a backend cannot be asked. */
export type Check = {
  what: string;
  source: 'prometheus' | 'jaeger' | 'loki';
  withinSeconds: number;
  /** As in the scenario's file; what every scenario expects is in none. */
  expectation?: Expectation;
  /** It looks at the time of the fault, also in the recovery. */
  isOfFault: boolean;
  look: (window: Window, traceIds: ReadonlySet<string>) => Promise<Sight>;
};

const TRACES = 100;
const LINES = 200;

export function createCheck(expectation: Expectation, backends: Backends): Check {
  const isOfFault = 'during_fault' in expectation && expectation.during_fault;
  const common = { expectation, isOfFault, withinSeconds: expectation.within };
  if ('alert' in expectation) {
    const what = `the alert ${expectation.alert}${listOf(expectation.labels)} fires`;
    return {
      ...common,
      what,
      source: 'prometheus',
      look: (window) => lookForAlert(expectation, backends, window),
    };
  }
  const { what } = expectation;
  if ('metric' in expectation)
    return {
      ...common,
      what,
      source: 'prometheus',
      look: () => lookForMetric(expectation, backends),
    };
  if ('span' in expectation)
    return {
      ...common,
      what,
      source: 'jaeger',
      look: (window) => lookForSpan(expectation, backends, window),
    };
  return {
    ...common,
    what,
    source: 'loki',
    look: (window, traceIds) => lookForLine(expectation, backends, window, traceIds),
  };
}

function listOf(labels: Record<string, string>): string {
  const values = Object.values(labels);
  return values.length > 0 ? ` of ${values.join(', ')}` : '';
}

async function lookForAlert(
  { alert, labels }: AlertExpectation,
  { alerts }: Backends,
  { startMs, endMs }: Window,
): Promise<Sight> {
  const found = alerts
    .seen()
    .filter(
      (one) => isAlert(one, alert, labels) && (one.resolvedMs ?? endMs) >= startMs && one.pendingMs <= endMs,
    );
  const isMet = found.some(({ firingMs }) => firingMs !== undefined && firingMs >= startMs);
  const isActive = found.some(({ resolvedMs }) => resolvedMs === undefined);
  const state = isMet
    ? 'it fired'
    : isActive
      ? 'it is pending'
      : found.length > 0
        ? 'it was pending'
        : 'it is inactive';
  const problem = alerts.problem();
  return { isMet, isNear: found.length > 0, isUnknown: problem !== undefined, lastSeen: problem ?? state };
}

async function lookForMetric(expectation: MetricExpectation, { prometheus }: Backends): Promise<Sight> {
  const values = await readValues(prometheus, expectation.metric);
  return { isMet: values.some((value) => isWithin(value, expectation)), lastSeen: describeValues(values) };
}

type Bounds = { above?: number | undefined; below?: number | undefined };

export function isWithin(
  value: number,
  { above = Number.NEGATIVE_INFINITY, below = Number.POSITIVE_INFINITY }: Bounds,
): boolean {
  return value > above && value < below;
}

/** Whether the value is on the healthy side of the bounds of a sign. */
export function isHealthy(value: number, { above, below }: Bounds): boolean {
  if (above !== undefined) return value <= above;
  return below === undefined || value >= below;
}

/** The present values of a metric, of which NaN is none. */
export async function readValues(prometheus: Prometheus, metric: string): Promise<readonly number[]> {
  const samples = await prometheus.query(metric);
  return samples.map(({ value }) => value).filter((value) => !Number.isNaN(value));
}

export function describeValues(values: readonly number[]): string {
  if (values.length === 0) return 'no value';
  if (values.length > 3) return `${values.length} values, the highest ${round(Math.max(...values))}`;
  return `the value is ${values.map(round).join(', ')}`;
}

const round = (value: number) => Number(value.toPrecision(3));

async function lookForSpan(
  { span: { service, name, kind, attributes, without, failed, at_least_ms = 0 } }: SpanExpectation,
  { jaeger }: Backends,
  { startMs, endMs }: Window,
): Promise<Sight> {
  const tags = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, String(value)]));
  const traces = await jaeger.findTraces({
    ...{ service, operation: name, minDurationMs: at_least_ms || undefined, limit: TRACES },
    tags,
    ...{ startMs, endMs },
  });
  const fits = (span: Span) =>
    span.service === service &&
    span.startMs >= startMs &&
    (name === undefined || span.name === name) &&
    (kind === undefined || span.kind === kind) &&
    (failed === undefined || (span.status === 'error') === failed) &&
    span.durationMs >= at_least_ms &&
    !without.some((key) => key in span.attributes) &&
    Object.entries(tags).every(([key, value]) => String(span.attributes[key]) === value);
  const found = traces.filter(({ spans }: Trace) => spans.some(fits));
  const traceIds = found.map(({ traceId }) => traceId);
  return { isMet: found.length > 0, traceIds, lastSeen: `${countOf(found.length, 'such trace', TRACES)}` };
}

async function lookForLine(
  { log, in_these_traces }: LogExpectation,
  { loki }: Backends,
  window: Window,
  traceIds: ReadonlySet<string>,
): Promise<Sight> {
  const lines = await loki.queryRange(log, { ...window, limit: LINES, direction: 'backward' });
  const inTraces = lines.filter(({ metadata }) => traceIds.has(metadata.trace_id ?? ''));
  const found = in_these_traces ? inTraces : lines;
  const all = countOf(lines.length, 'such line', LINES);
  return {
    isMet: found.length > 0,
    traceIds: found.flatMap(({ metadata }) => metadata.trace_id ?? []),
    lastSeen: in_these_traces ? `${all}, ${inTraces.length} of them in the traces that were found` : all,
  };
}

function countOf(count: number, thing: string, limit: number): string {
  if (count === 0) return `no ${thing}`;
  return `${count === limit ? 'at least ' : ''}${count} ${thing}${count === 1 ? '' : 's'}`;
}
