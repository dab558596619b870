import type { Exemplar, Prometheus } from '../query/prometheus.ts';
import type { Span } from '../query/span.ts';
import { servedRequest } from '../trace-view/served-request.ts';

/** Metrics of all requests with the same service, method and route. */
export type RequestMetrics = {
  service: string;
  method: string;
  route: string;
  /** Requests since the present processes were started. */
  count: number | undefined;
  /** The rate over the last five minutes; undefined when there were no requests. */
  perSecond: number | undefined;
  p95Ms: number | undefined;
  /** The exemplar of the request itself if there is one, else the newest. */
  exemplar: Exemplar | undefined;
  /** PromQL for the reader to copy. */
  queries: { count: string; rate: string; p95: string; exemplars: string };
};

const exemplarWindowMs = 300_000;

/** The metrics of each kind of request among `spans`, in their order. Throws a BackendError when Prometheus fails. */
export function readMetrics(
  prometheus: Prometheus,
  spans: readonly Span[],
): Promise<readonly RequestMetrics[]> {
  const servers = spans.filter(({ kind }) => kind === 'server');
  const different = new Map(servers.map((span) => [queriesOf(span).rate, span]));
  return Promise.all([...different.values()].map((span) => readOne(prometheus, span)));
}

async function readOne(prometheus: Prometheus, span: Span): Promise<RequestMetrics> {
  const { service, method, route, atMs, traceId } = servedRequest(span);
  const queries = queriesOf(span);
  const window = { startMs: atMs - exemplarWindowMs, endMs: atMs + exemplarWindowMs };
  const [count, rate, p95, exemplars] = await Promise.all([
    prometheus.query(queries.count),
    prometheus.query(queries.rate),
    prometheus.query(queries.p95),
    prometheus.queryExemplars(queries.exemplars, window),
  ]);
  return {
    ...{ service, method, route, queries },
    count: finiteOrUndefined(count[0]?.value),
    perSecond: finiteOrUndefined(rate[0]?.value),
    p95Ms: finiteOrUndefined(p95[0]?.value, 1000),
    exemplar: exemplars.find((one) => one.traceId === traceId) ?? exemplars[0],
  };
}

function queriesOf(span: Span): RequestMetrics['queries'] {
  const { service, method, route } = servedRequest(span);
  const selector = selectorOf({
    service_name: service,
    http_request_method: method,
    http_route: route,
  });
  const own = selectorOf({ service_name: service, span_kind: 'SPAN_KIND_SERVER', span_name: span.name });
  const histogram = 'http_server_request_duration_seconds';
  return {
    count: `sum(${histogram}_count${selector})`,
    rate: `sum(rate(${histogram}_count${selector}[5m]))`,
    p95: `histogram_quantile(0.95, sum by (le) (rate(${histogram}_bucket${selector}[5m])))`,
    exemplars: `traces_span_metrics_duration_seconds_bucket${own}`,
  };
}

/** A PromQL selector; PromQL quotes strings as JSON does. */
function selectorOf(labels: Record<string, string>): string {
  const matchers = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `{${matchers.join(', ')}}`;
}

/** Turns NaN, the quantile of an empty histogram, into undefined. */
function finiteOrUndefined(value: number | undefined, factor = 1): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value * factor : undefined;
}
