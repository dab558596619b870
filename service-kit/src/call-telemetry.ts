import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import { createHistogram } from './instruments';
import { metrics, spans } from './registry/kit';
import { markFailed, startSpan } from './spans';

const duration = createHistogram(metrics.clientRequestDuration);

/**
 * Makes calls to one service: each in a CLIENT span, whose trace the headers handed to `send` carry on, and timed.
 * Source: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client
 */
export function watchCalls(service: string, { origin, hostname, port }: URL) {
  const server = {
    'server.address': hostname,
    'server.port': Number(port) || (origin.startsWith('https') ? 443 : 80),
  };

  return async <Answer extends { status: number }>(
    method: string,
    path: string,
    send: (headers: Record<string, string>) => Promise<Answer>,
  ): Promise<Answer> => {
    const startedAt = performance.now();
    const call = { 'http.request.method': method, ...server };
    const span = startSpan(spans.clientRequest, method, {
      ...call,
      'peer.service': service,
      'url.full': origin + path,
    });
    const headers: Record<string, string> = {};
    propagation.inject(trace.setSpan(context.active(), span), headers);
    const end = (outcome: { 'http.response.status_code'?: number; 'error.type'?: string }) => {
      span.setAttributes(outcome);
      span.end();
      duration.record((performance.now() - startedAt) / 1000, { ...call, ...outcome });
    };
    try {
      const answer = await send(headers);
      const { status } = answer;
      const isError = status >= 400;
      if (isError) span.setStatus({ code: SpanStatusCode.ERROR });
      end({ 'http.response.status_code': status, ...(isError && { 'error.type': String(status) }) });
      return answer;
    } catch (error) {
      end({ 'error.type': markFailed(span, error) });
      throw error;
    }
  };
}
