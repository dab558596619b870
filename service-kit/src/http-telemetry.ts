import { context, type Span } from '@opentelemetry/api';
import { getRPCMetadata } from '@opentelemetry/core';
import { routeOf } from './http-route';

/** The methods that the instrumentation tells apart on metrics; any other is `_OTHER` there. */
const METHODS = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'QUERY',
]);

/** A person's address is nobody's business here. */
const WITHOUT_ADDRESS = {
  'client.address': undefined,
  'network.peer.address': undefined,
  'network.peer.port': undefined,
};

/** How the HTTP instrumentation treats requests to a service. */
export const incomingRequests = {
  ignoreIncomingRequestHook: ({ url }: { url?: string | undefined }) => isOfNoInterest(url),
  startIncomingSpanHook: forgetClient,
  responseHook: announceRoute,
  applyCustomAttributesOnSpan: renameOddMethod,
};

/** Also drops `tracestate`, which would be copied, unmasked, onto every span of the trace. */
function forgetClient({ headers }: object & { headers?: Record<string, unknown> }) {
  delete headers?.tracestate;
  return WITHOUT_ADDRESS;
}

/** Probes, and files that come along with a page, would fill the backends with requests that nobody looks for. */
function isOfNoInterest(url = ''): boolean {
  return url === '/healthz' || url === '/readyz' || url.startsWith('/static/');
}

/**
 * Tells the instrumentation which route it was, for span and metric, just before it ends both. Its companion for
 * Express does so too, but wraps every middleware for it and knows no route for what is refused before one is found.
 */
function announceRoute(_span: Span, response: object): void {
  const request = getRPCMetadata(context.active());
  if (!request || !isResponse(response)) return;
  response.once('close', () => {
    request.route = routeOf(response);
  });
}

interface Response {
  req: object;
  statusCode: number;
  once(event: 'close', listener: () => void): unknown;
}

function isResponse(message: object): message is Response {
  return 'req' in message && 'once' in message;
}

/** Span names have to be few, and there are some thirty methods that scanners try. */
function renameOddMethod(span: Span, request: { method?: string | undefined }, response: object): void {
  if (METHODS.has(request.method ?? 'GET') || !isResponse(response)) return;
  span.updateName(`HTTP ${routeOf(response)}`);
}
