import { wasUndelivered } from '../delivery.ts';
import { LabError } from '../lab-error.ts';
import { poll } from '../poll.ts';
import type { Jaeger } from '../query/jaeger.ts';
import { type LogLine, type Loki, logsOfTrace } from '../query/loki.ts';
import type { Prometheus } from '../query/prometheus.ts';
import type { Span, Trace } from '../query/span.ts';

export type Gathered = {
  trace: Trace;
  lines: readonly LogLine[];
  /** Why there are no lines, when Loki cannot be asked. */
  lokiProblem?: string;
};

type GatherOptions = {
  /** How long to wait for spans and log lines that have not arrived. */
  limitMs: number;
  signal?: AbortSignal | undefined;
  /** Called once, when waiting begins. */
  onWait?: () => void;
};

const maxLines = 2000;
/** Margin for clocks that disagree and for lines that are written after their span has ended. */
const marginMs = 60_000;
/** Spans and lines arrive within three seconds, so an older trace is complete. */
const settledAfterMs = 6000;

/**
 * A trace and its log lines; undefined when Jaeger has no such trace. Waits until a trace that just ended has arrived
 * completely. Throws a BackendError when Jaeger fails.
 */
export async function gatherTrace(
  { jaeger, loki }: { jaeger: Jaeger; loki: Loki },
  traceId: string,
  { limitMs, signal, onWait }: GatherOptions,
): Promise<Gathered | undefined> {
  let last: Gathered | undefined;
  let isFirst = true;
  const check = async () => {
    const trace = await jaeger.traceById(traceId);
    last = trace && { trace, ...(await findLines(loki, trace)) };
    if (last && isSettled(last, Date.now())) return last;
    if (isFirst) onWait?.();
    isFirst = false;
    return undefined;
  };
  return (await poll(check, { intervalMs: 250, limitMs, signal })) ?? last;
}

/**
 * A sentence that says that requests have no log line, and why if that is known; undefined when each has one, or when
 * `lokiProblem` says it, or when there are more lines than were read.
 */
export async function whyLinesAreMissing(
  { trace: { spans }, lines, lokiProblem }: Gathered,
  prometheus: Prometheus,
): Promise<string | undefined> {
  const { length } = requestsWithoutLine(spans, lines);
  if (length === 0 || lokiProblem !== undefined || lines.length === maxLines) return undefined;
  const isUndelivered = await wasUndelivered(prometheus, 'loki', endOf(spans)).catch(() => false);
  const requests = length === 1 ? 'One request has' : `${length} requests have`;
  return isUndelivered
    ? `${requests} no log line, since the collector could not deliver to Loki: ./vitrine logs otel-collector says why.`
    : `${requests} no log line in Loki: it is late, lost, or below LOG_LEVEL. ./vitrine status says if something is wrong.`;
}

async function findLines(loki: Loki, { traceId, spans }: Trace): Promise<Omit<Gathered, 'trace'>> {
  const starts = spans.map(({ startMs }) => startMs);
  const range = { startMs: Math.min(...starts) - marginMs, endMs: endOf(spans) + marginMs };
  try {
    const options = { ...range, limit: maxLines, direction: 'forward' as const };
    return { lines: await loki.queryRange(logsOfTrace(traceId), options) };
  } catch (error) {
    if (error instanceof LabError) return { lines: [], lokiProblem: error.message };
    throw error;
  }
}

function isSettled({ trace: { spans }, lines, lokiProblem }: Gathered, nowMs: number): boolean {
  if (nowMs - endOf(spans) > settledAfterMs) return true;
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const parents = new Set(spans.map(({ parentSpanId }) => parentSpanId));
  const withoutLine = new Set(requestsWithoutLine(spans, lines));
  const hasArrived = (span: Span) => {
    if (span.parentSpanId !== undefined && !ids.has(span.parentSpanId)) return false;
    if (span.kind === 'server') return lokiProblem !== undefined || !withoutLine.has(span);
    return !isCallToService(span) || span.status === 'error' || parents.has(span.spanId);
  };
  return parents.has(undefined) && spans.every(hasArrived);
}

/** Every request to a service is a span there, and leaves a line. */
function requestsWithoutLine(spans: readonly Span[], lines: readonly LogLine[]): readonly Span[] {
  const withLines = new Set(lines.map(({ metadata }) => metadata.span_id));
  return spans.filter(({ kind, spanId }) => kind === 'server' && !withLines.has(spanId));
}

function isCallToService({ kind, attributes }: Span): boolean {
  return kind === 'client' && attributes['http.request.method'] !== undefined;
}

function endOf(spans: readonly Span[]): number {
  return Math.max(...spans.map(({ startMs, durationMs }) => startMs + durationMs));
}
