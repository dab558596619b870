import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import { createHistogram } from './instruments';
import { metrics, spans } from './registry/kit';
import { markFailed, startSpan } from './spans';

const duration = createHistogram(metrics.clientRequestDuration);

/**
 * Makes calls to one service: each in a CLIENT span, whose trace the headers handed to `send` carry on, and timed. `send`
 * tells the status as soon as it knows it.
 * Source: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client
 */
export function watchCalls(service: string, { origin, protocol, hostname, port }: URL) {
  const server = {
    'server.address': hostname.replace(/[[\]]/g, ''),
    'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
  };

  return async <Answer>(
    method: string,
    path: string,
    send: (headers: Record<string, string>, onStatus: (status: number) => void) => Promise<Answer>,
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
    const outcome: { 'http.response.status_code'?: number; 'error.type'?: string } = {};
    const onStatus = (status: number) => {
      outcome['http.response.status_code'] = status;
      if (status < 400) return;
      outcome['error.type'] = String(status);
      span.setStatus({ code: SpanStatusCode.ERROR });
    };
    try {
      return await send(headers, onStatus);
    } catch (error) {
      const type = markFailed(span, error);
      outcome['error.type'] ??= type;
      throw error;
    } finally {
      span.setAttributes(outcome);
      span.end();
      duration.record((performance.now() - startedAt) / 1000, { ...call, ...outcome });
    }
  };
}
