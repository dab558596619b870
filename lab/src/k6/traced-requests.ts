import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { alignColumns } from '../status-table.ts';

/** A request, by its method and route, as the visitor saw it. */
type TracedRequest = { request: string; status: string; ms: number; traceId: string };
type TracedRequests = { slowest: readonly TracedRequest[]; failed: readonly TracedRequest[] };

const kept = 5;

const begin = '{"metric":"traced_requests","type":"Point"';
const sampleSchema = z
  .object({
    data: z.object({
      value: z.number(),
      tags: z.object({
        ...{ name: z.string(), status: z.string(), expected: z.enum(['true', 'false']) },
        scenario: z.string().optional(),
      }),
      metadata: z.object({ trace_id: z.string() }),
    }),
  })
  .transform(({ data: { value, tags, metadata } }) => ({
    request: { request: tags.name, status: tags.status, ms: value, traceId: metadata.trace_id },
    isExpected: tags.expected === 'true',
    isOfSetup: tags.scenario === undefined,
  }));

/**
 * Reads the slowest requests that succeeded, and the first that failed, of k6's zipped JSON output. Those of the test's
 * setup are left out.
 */
export async function readTracedRequests(file: string): Promise<TracedRequests> {
  const failed: TracedRequest[] = [];
  let slowest: TracedRequest[] = [];
  // Whoever reads the last stream gets the error of either.
  const input = pipeline(createReadStream(file), createGunzip(), () => {});
  for await (const line of createInterface({ input })) {
    if (!line.startsWith(begin)) continue;
    const { request, isExpected, isOfSetup } = sampleSchema.parse(JSON.parse(line));
    if (isOfSetup) continue;
    if (isExpected) slowest = [...slowest, request].sort((a, b) => b.ms - a.ms).slice(0, kept);
    else if (failed.length < kept) failed.push(request);
  }
  return { slowest, failed };
}

/** The requests as aligned lines of text. */
export function tracesTable({ slowest, failed }: TracedRequests): string[] {
  const rows = (heading: string, requests: readonly TracedRequest[]) =>
    requests.map(({ request, status, ms, traceId }, index) => [
      ...[index === 0 ? heading : '', request, status, `${ms.toFixed(0)} ms`, traceId],
    ]);
  const all = [...rows('slowest', slowest), ...rows('failed', failed)];
  if (all.length === 0) return ['No answer named its trace.'];
  return [...alignColumns(all), './vitrine trace <id> shows one.'];
}
