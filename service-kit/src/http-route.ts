import type { ServerResponse } from 'node:http';

/**
 * The route of requests that match none. The conventions would leave it out; a value for every request puts scans of
 * random paths into one visible series, and sums over routes miss nothing.
 */
export const UNMATCHED = '/*';

/** Matches the paths for operators. Telemetry tells nothing of requests to them: some cause a fault that must not be seen. */
export const INTERNAL = /^\/internal(?:\/|$)/i;

/**
 * Returns path and query of a request's target (`request.url`). A client that takes the service for a proxy sends a whole
 * address, which may contain a password.
 */
export function splitTarget(target = ''): { path: string; query: string | undefined } {
  const [, path = '', query] = /^(?:[a-z][a-z\d+.-]*:\/\/[^/?#]*)?([^?]*)(?:\?(.*))?$/is.exec(target) ?? [];
  return { path, query };
}

/** The status that an answer counts with: none where its client left early, and 500 where the service broke it off. */
export function statusOf({ writableFinished, errored, statusCode }: ServerResponse): number | undefined {
  if (writableFinished) return statusCode;
  // Node ends responses that wait behind one whose client has left with this error.
  const hasLeft = !errored || ('code' in errored && errored.code === 'ECONNRESET');
  return hasLeft ? undefined : 500;
}

/**
 * Returns the pattern of the Express route that answered (all our routers are mounted at the root): a bounded set. A 405
 * counts as unmatched: otherwise scans that try each method on each path would fill the backends.
 */
export function routeOf({ statusCode, req: request }: { statusCode: number; req: object }): string {
  const route = 'route' in request ? request.route : undefined;
  const path = typeof route === 'object' && route !== null && 'path' in route ? route.path : undefined;
  return typeof path === 'string' && statusCode !== 405 ? path : UNMATCHED;
}
