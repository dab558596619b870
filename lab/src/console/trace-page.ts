import { deliveryNotices } from '../delivery.ts';
import { LabError } from '../lab-error.ts';
import { arrangeTrace, type TraceView } from '../trace-view/arrange.ts';
import { gatherTrace, whyLinesAreMissing } from '../trace-view/gather.ts';
import { servedRequest } from '../trace-view/served-request.ts';
import { type RequestMetrics, readMetrics } from './request-metrics.ts';
import type { Sources } from './sources.ts';
import { type Row, waterfallRows } from './waterfall.ts';

export type TracePage = {
  title: string;
  view: TraceView;
  request: ReturnType<typeof servedRequest>;
  rows: readonly Row[];
  lineCount: number;
  metrics: readonly RequestMetrics[];
  /** Backends that failed, and telemetry that is not delivered: the page lacks their data. */
  problems: readonly string[];
  jaegerHref: string;
};

/** A user who follows the link at the foot of a page arrives before the trace is complete. */
const arrivalLimitMs = 4000;

/** The three signals of one request; undefined when there is no such trace. Throws a BackendError when Jaeger fails. */
export async function tracePage(sources: Sources, traceId: string): Promise<TracePage | undefined> {
  const found = await gatherTrace(sources, traceId, { limitMs: arrivalLimitMs });
  const view = found && arrangeTrace(found.trace, found.lines);
  if (!found || !view) return undefined;
  const [{ metrics, problem }, missing, notices] = await Promise.all([
    catchProblem(readMetrics(sources.prometheus, found.trace.spans)),
    whyLinesAreMissing(found, sources.prometheus),
    deliveryNotices(sources.prometheus),
  ]);
  const request = servedRequest(view.root);
  return {
    title: view.root.kind === 'server' ? `${request.method} ${request.route}` : view.root.name,
    ...{ view, request, metrics },
    rows: waterfallRows(view),
    lineCount: found.lines.length,
    problems: [
      ...new Set([found.lokiProblem, missing, problem, ...notices].filter((each) => each !== undefined)),
    ],
    jaegerHref: `${sources.jaegerUrl}/api/traces/${traceId}`,
  };
}

async function catchProblem(
  reading: Promise<readonly RequestMetrics[]>,
): Promise<{ metrics: readonly RequestMetrics[]; problem?: string }> {
  try {
    return { metrics: await reading };
  } catch (error) {
    if (error instanceof LabError) return { metrics: [], problem: error.message };
    throw error;
  }
}
