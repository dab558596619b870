import type { Jaeger } from '../query/jaeger.ts';
import type { Span } from '../query/span.ts';

/** One request to a service, read from its SERVER span. */
export type ServedRequest = {
  traceId: string;
  service: string;
  atMs: number;
  durationMs: number;
  method: string;
  /** A route such as `/product/:slug`, or the path when no route matched. */
  route: string;
  path: string;
  /** Undefined when the client left before the response. */
  status: number | undefined;
  isError: boolean;
};

export type RequestSearch = {
  service: string;
  /** The span's name: method and route. */
  operation?: string | undefined;
  status?: number | undefined;
  minDurationMs?: number | undefined;
  /** Selects statuses from 500 upwards. */
  isErrorsOnly?: boolean | undefined;
  limit: number;
};

const lookBackMs = 24 * 3600 * 1000;
/** Jaeger searches for one value at a time. */
const errorStatuses = [500, 502, 503, 504];

/** The requests that match the search, the newest first. */
export async function findRequests(
  jaeger: Jaeger,
  { isErrorsOnly = false, status, limit, ...search }: RequestSearch,
  nowMs: number,
): Promise<readonly ServedRequest[]> {
  const statuses = isErrorsOnly && status === undefined ? errorStatuses : [status];
  const range = { startMs: nowMs - lookBackMs, endMs: nowMs + 60_000 };
  const found = await Promise.all(
    statuses.map((each) => {
      const tags = each === undefined ? undefined : { 'http.response.status_code': String(each) };
      return jaeger.findTraces({ ...search, ...range, tags, limit });
    }),
  );
  const spans = new Map(found.flat().flatMap(({ spans }) => spans.map((span) => [span.spanId, span])));
  // Jaeger returns whole traces in which at least one span matches.
  const fits = (span: Span) =>
    span.kind === 'server' &&
    span.service === search.service &&
    (search.operation === undefined || span.name === search.operation) &&
    span.durationMs >= (search.minDurationMs ?? 0);
  return [...spans.values()]
    .filter(fits)
    .map(servedRequest)
    .filter((request) => status === undefined || request.status === status)
    .filter(({ isError }) => isError || !isErrorsOnly)
    .toSorted((a, b) => b.atMs - a.atMs)
    .slice(0, limit);
}

/** `span` is a SERVER span. */
export function servedRequest(span: Span): ServedRequest {
  const { traceId, service, startMs: atMs, durationMs, attributes } = span;
  const path = String(attributes['url.path'] ?? '');
  const status = Number(attributes['http.response.status_code']) || undefined;
  return {
    ...{ traceId, service, atMs, durationMs, path, status },
    method: String(attributes['http.request.method'] ?? span.name),
    route: String(attributes['http.route'] ?? path),
    isError: status === undefined ? span.status === 'error' : status >= 500,
  };
}
