import type { ServerResponse } from 'node:http';

/**
 * What stands for a request that no route fitted. The conventions would leave the route out; with one for every request,
 * scans of random paths count in one series that can be seen, and no sum over routes misses any.
 */
export const UNMATCHED = '/*';

/**
 * Path and query of a request's target (`request.url`). Who takes the service for a proxy sends a whole address, which
 * may hold a password.
 */
export function splitTarget(target = ''): { path: string; query: string | undefined } {
  const [, path = '', query] = /^(?:[a-z][a-z\d+.-]*:\/\/[^/?#]*)?([^?]*)(?:\?(.*))?$/is.exec(target) ?? [];
  return { path, query };
}

/**
 * The status that an answer counts with: none where its client left before the end, and 500 where the service broke it
 * off.
 */
export function statusOf({ writableFinished, errored, statusCode }: ServerResponse): number | undefined {
  if (writableFinished) return statusCode;
  return errored ? 500 : undefined;
}

/**
 * The pattern of the Express route that answered (all our routers are mounted at the root): a bounded set. Where the
 * path has routes for other methods only (405), none did: with each method on each path, scans would fill the backends.
 */
export function routeOf({ statusCode, req: request }: { statusCode: number; req: object }): string {
  const route = 'route' in request ? request.route : undefined;
  const path = typeof route === 'object' && route !== null && 'path' in route ? route.path : undefined;
  return typeof path === 'string' && statusCode !== 405 ? path : UNMATCHED;
}
