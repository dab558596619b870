import { ServerResponse } from 'node:http';
import { context, type Span, SpanStatusCode } from '@opentelemetry/api';
import { getRPCMetadata } from '@opentelemetry/core';
import type { HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http';
import { routeOf } from '../http-route';
import { ABORTED, messageOf } from './spans';

/** The methods that the instrumentation tells apart on metrics; any other is `_OTHER` there. */
const METHODS = new Set('GET HEAD POST PUT PATCH DELETE CONNECT OPTIONS TRACE QUERY'.split(' '));

/** A visitor's address is nobody's business here. */
const WITHOUT_ADDRESS = {
  'client.address': undefined,
  'network.peer.address': undefined,
  'network.peer.port': undefined,
};

/** What the instrumentation of node:http is told about the requests to a service. */
export const incomingRequests: HttpInstrumentationConfig = {
  // Probes, and the files that come along with a page, would fill the backends with requests that nobody looks for.
  ignoreIncomingRequestHook: ({ url = '' }) =>
    url === '/healthz' || url === '/readyz' || url.startsWith('/static/'),
  startIncomingSpanHook({ headers }) {
    // It would be copied onto every span of the trace, where no mask looks at it.
    if (headers.tracestate !== undefined) delete headers.tracestate;
    return WITHOUT_ADDRESS;
  },
  // The processor of spans masks queries; this list would be gone through for each request.
  redactedQueryParamsServer: [],
  responseHook(_span, response) {
    if (response instanceof ServerResponse) describeAtTheEnd(response);
  },
  applyCustomAttributesOnSpan(span, _request, response) {
    if (response instanceof ServerResponse) finishSpan(span, response);
  },
};

/**
 * Tells the instrumentation, just before it ends span and measurement, the route, which it leaves to the
 * instrumentation of Express: that one wraps every middleware, and knows no route of a request that is refused before
 * one is found. Takes the status away from an answer that was abandoned: it is 200 until a handler sets another.
 */
function describeAtTheEnd(response: ServerResponse): void {
  const request = getRPCMetadata(context.active());
  response.once('close', () => {
    if (request) request.route = routeOf(response);
    if (!response.writableFinished) Reflect.set(response, 'statusCode', undefined);
  });
}

function finishSpan(span: Span, response: ServerResponse): void {
  const { method = '' } = response.req;
  // Names of spans have to be few, and there are some thirty more methods that scanners try.
  if (!METHODS.has(method)) span.updateName(`HTTP ${routeOf(response)}`);
  if (!response.writableFinished) span.setAttribute('error.type', ABORTED);
  // The instrumentation has just overwritten the message with none.
  const message = messageOf(span);
  if (message !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message });
}
