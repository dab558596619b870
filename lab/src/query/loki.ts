import { z } from 'zod';
import { askAlways, type Backend, type WhyAway } from './backend.ts';

type Fields = Readonly<Record<string, string>>;

/** One log line. `labels` identify its source; `metadata` holds the line's own fields (trace_id, span_id …). */
export type LogLine = {
  /** Milliseconds since the epoch, with microseconds as decimals. */
  atMs: number;
  body: string;
  labels: Fields;
  metadata: Fields;
};

export type LogRange = {
  startMs: number;
  endMs: number;
  /** The largest number of lines, counted in `direction`. Loki refuses a query for more than 5,000. */
  limit: number;
  /** `forward` begins with the oldest line. */
  direction: 'forward' | 'backward';
};

export type Loki = {
  queryRange: (logql: string, range: LogRange) => Promise<readonly LogLine[]>;
  /** An instant query for numbers, such as `sum(count_over_time(…))`. */
  querySamples: (logql: string) => Promise<readonly { labels: Fields; value: number }[]>;
};

/** The LogQL query for all lines of the shop with this trace id. */
export function logsOfTrace(traceId: string): string {
  return `{service_namespace="vitrine"} | trace_id="${traceId}"`;
}

/** The same for several traces. */
export function logsOfTraces(traceIds: readonly string[]): string {
  return `{service_namespace="vitrine"} | trace_id=~"${traceIds.join('|')}"`;
}

const fields = z.record(z.string(), z.string());
const nanoseconds = z.string().regex(/^\d{1,19}$/);
const answerSchema = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('streams'),
    result: z.array(
      z.object({
        stream: fields,
        values: z.array(
          z.tuple([
            nanoseconds,
            z.string(),
            z.object({ structuredMetadata: fields.default({}) }).default({ structuredMetadata: {} }),
          ]),
        ),
      }),
    ),
  }),
});

const samplesSchema = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('vector'),
    result: z.array(z.object({ metric: fields, value: z.tuple([z.number(), z.string().transform(Number)]) })),
  }),
});

/** This header makes Loki separate a line's labels from its structured metadata. */
const headers = { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' };

export function createLoki(url: string, limitMs?: number, whyAway?: WhyAway): Loki {
  const backend: Backend = { name: 'Loki', url, limitMs, whyAway };
  return {
    async queryRange(logql, { startMs, endMs, limit, direction }) {
      const path = '/loki/api/v1/query_range';
      const range = { start: Math.floor(startMs) * 1e6, end: Math.ceil(endMs) * 1e6 };
      const parameters = { query: logql, ...range, limit, direction };
      const { data } = await askAlways(backend, path, answerSchema, parameters, headers);
      const lines = data.result.flatMap(({ stream, values }) =>
        values.map(([time, body, { structuredMetadata }]) => ({
          atMs: Number(BigInt(time) / 1000n) / 1000,
          body,
          labels: stream,
          metadata: structuredMetadata,
        })),
      );
      // Lines arrive in order within a stream, but not across streams.
      return lines.toSorted((a, b) => (direction === 'forward' ? a.atMs - b.atMs : b.atMs - a.atMs));
    },
    async querySamples(logql) {
      const { data } = await askAlways(backend, '/loki/api/v1/query', samplesSchema, { query: logql });
      return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value }));
    },
  };
}
