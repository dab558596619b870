import { errorMonitor } from 'node:events';
import { type IncomingMessage, ServerResponse } from 'node:http';
import { type Attributes, context, type Span, SpanStatusCode } from '@opentelemetry/api';
import { getRPCMetadata } from '@opentelemetry/core';
import type { HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http';
import { INTERNAL, routeOf, splitTarget, statusOf } from '../http-route';
import { ABORTED, errorMessages } from './spans';

/** The methods that the instrumentation tells apart on metrics; any other is `_OTHER` there. */
const METHODS = new Set('GET HEAD POST PUT PATCH DELETE CONNECT OPTIONS TRACE QUERY'.split(' '));

const UNTRACED = /^\/(?:(?:healthz|readyz)\/?$|static\/)/i;

/** IPv6 address, or name or other address; port. */
const HOST = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/;

/** The options of the instrumentation of node:http for the requests to a service. */
export const incomingRequests: HttpInstrumentationConfig = {
  // Probes, and the files that come along with a page, would fill the backends with requests that nobody looks for.
  ignoreIncomingRequestHook({ method = '', url }) {
    const { path } = splitTarget(url);
    return INTERNAL.test(path) || ((method === 'GET' || method === 'HEAD') && UNTRACED.test(path));
  },
  startIncomingSpanHook: startAttributes,
  // The instrumentation calls this before the request is handled, and before it listens to the response itself.
  responseHook(span, response) {
    if (response instanceof ServerResponse) prepareEnd(span, response);
  },
  applyCustomAttributesOnSpan(span, _request, response) {
    if (response instanceof ServerResponse) finish(span, response);
  },
};

/**
 * Replaces attributes of the instrumentation: it takes whatever a Forwarded header says for the server's address, encodes
 * the query anew, so that no mask knows a secret in it, and tells the visitor's address, which is nobody's business here.
 */
function startAttributes({ url, headers }: IncomingMessage): Attributes {
  // A tracestate would be copied onto every span of the trace, where no mask looks at it.
  if (headers.tracestate !== undefined) delete headers.tracestate;
  const { path, query } = splitTarget(url);
  const [, ipv6, host, port] = HOST.exec(headers.host ?? '') ?? [];
  return {
    'url.path': path,
    'url.query': query || undefined,
    'server.address': ipv6 ?? (host || undefined),
    'server.port': port === undefined ? undefined : Number(port),
    'client.address': undefined,
    'network.peer.address': undefined,
    'network.peer.port': undefined,
  };
}

/**
 * Tells the instrumentation the route, just before it ends span and measurement. Its companion for Express does so too,
 * but wraps every middleware, and knows no route of a request that is refused before one is found. A broken answer gets
 * {@link statusOf} instead of the 200 that Node begins with.
 */
function prepareEnd(span: Span, response: ServerResponse): void {
  const rpc = getRPCMetadata(context.active());
  response.once('close', () => {
    if (rpc) rpc.route = routeOf(response);
    if (response.writableFinished) return;
    const { statusCode } = response;
    Reflect.set(response, 'statusCode', statusOf(response));
    // A handler that goes on after its client has left needs a valid one.
    queueMicrotask(() => Reflect.set(response, 'statusCode', statusCode));
  });
  response.once(errorMonitor, () => {
    const route = routeOf(response);
    span.setAttribute('http.route', route).updateName(`${knownMethod(response)} ${route}`);
  });
}

function finish(span: Span, response: ServerResponse): void {
  const method = knownMethod(response);
  if (method === 'HTTP') span.updateName(`HTTP ${getRPCMetadata(context.active())?.route}`);
  if (statusOf(response) === undefined) span.setAttribute('error.type', ABORTED);
  // The instrumentation has just replaced the message by none.
  const message = errorMessages.get(span);
  if (message !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** Names of spans have to be few, and there are some thirty more methods that scanners try. */
function knownMethod({ req: { method = '' } }: ServerResponse): string {
  return METHODS.has(method) ? method : 'HTTP';
}
