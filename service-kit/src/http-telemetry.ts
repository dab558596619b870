import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { context, propagation, ROOT_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { routeOf, splitTarget } from './http-route';
import { createHistogram } from './instruments';
import type { Values } from './registry/declaration';
import { metrics, spans } from './registry/kit';
import { isMarked, startSpan } from './spans';
import { isTelemetryOn, untraced } from './telemetry';

const duration = createHistogram(metrics.serverRequestDuration);

/** The methods that the conventions tell apart; there are some thirty more that scanners try. */
const METHODS = new Set('GET HEAD POST PUT PATCH DELETE CONNECT OPTIONS TRACE QUERY'.split(' '));

/** IPv6 address, or name or other address; port. */
const HOST = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/;

/**
 * Has each request answered inside a SERVER span, which takes up the caller's trace, and measures it. By hand: what the
 * instrumentation of node:http, which finds requests from outside, costs more is in docs/performance.md.
 * Source: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server
 */
export function traceRequests(answer: RequestListener): RequestListener {
  if (!isTelemetryOn()) return answer;
  return (request, response) => {
    if (isOfNoInterest(request.url)) return untraced(() => answer(request, response));
    const startedAt = performance.now();
    // Whoever calls can neither ask not to be seen, nor add a `tracestate`, which no mask would look at.
    const caller = propagation.extract(ROOT_CONTEXT, { traceparent: request.headers.traceparent });
    const span = startSpan(spans.serverRequest, methodOf(request), attributesOf(request), caller);
    response.once('close', () => end(span, request, response, startedAt));
    context.with(trace.setSpan(caller, span), answer, undefined, request, response);
  };
}

/** Probes, and files that come along with a page, would fill the backends with requests that nobody looks for. */
function isOfNoInterest(url = ''): boolean {
  return url === '/healthz' || url === '/readyz' || url.startsWith('/static/');
}

function methodOf({ method = '' }: IncomingMessage): string {
  return METHODS.has(method) ? method : '_OTHER';
}

/** Neither the caller's address, which is nobody's business here, nor anything that a proxy may say of it. */
function attributesOf(request: IncomingMessage): Partial<Values<typeof spans.serverRequest.attributes>> {
  const { url, headers, httpVersion } = request;
  const method = methodOf(request);
  const { path, query } = splitTarget(url);
  const [, ipv6, host, port] = HOST.exec(headers.host ?? '') ?? [];
  const address = ipv6 ?? host;
  return {
    'http.request.method': method,
    ...(method !== request.method && { 'http.request.method_original': request.method }),
    'url.scheme': 'http',
    'url.path': path,
    ...(query && { 'url.query': query }),
    ...(address && { 'server.address': address }),
    ...(port && { 'server.port': Number(port) }),
    'network.protocol.version': httpVersion,
    'user_agent.original': headers['user-agent'],
  };
}

function end(span: Span, request: IncomingMessage, response: ServerResponse, startedAt: number): void {
  const { statusCode, headersSent, writableFinished } = response;
  const isError = statusCode >= 500;
  const outcome = {
    'http.route': routeOf(response),
    ...(headersSent && { 'http.response.status_code': statusCode }),
    ...(isError ? { 'error.type': String(statusCode) } : !writableFinished && { 'error.type': 'aborted' }),
  };
  const method = methodOf(request);
  span.updateName(`${method === '_OTHER' ? 'HTTP' : method} ${outcome['http.route']}`);
  span.setAttributes(outcome);
  if (isError && !isMarked(span)) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
  duration.record((performance.now() - startedAt) / 1000, {
    ...outcome,
    'http.request.method': method,
    'url.scheme': 'http',
    'network.protocol.version': request.httpVersion,
  });
}
