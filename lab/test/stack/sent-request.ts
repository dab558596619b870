import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { attributes, post } from './otlp-json.ts';
import type { Site } from './start-stack.ts';

/** Sends the span and the log line of a request of the frontend to the collector; returns its trace id. */
export async function sendRequest(site: Site): Promise<string> {
  const [traceId, spanId] = [16, 8].map((bytes) => randomBytes(bytes).toString('hex'));
  const now = String(BigInt(Date.now()) * 1_000_000n);
  const ids = { traceId, spanId };
  const resource = {
    attributes: attributes({ 'service.name': 'frontend', 'service.namespace': 'vitrine' }),
  };
  const span = { ...ids, name: 'GET /', kind: 2, startTimeUnixNano: now, endTimeUnixNano: now };
  const line = { ...ids, timeUnixNano: now, severityText: 'info', body: { stringValue: 'request' } };
  const traces = { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] };
  const logs = { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [line] }] }] };
  expect(await post(site, 'traces', traces)).toMatchObject({ status: 200 });
  expect(await post(site, 'logs', logs)).toMatchObject({ status: 200 });
  return traceId ?? '';
}
