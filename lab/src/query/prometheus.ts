import { z } from 'zod';
import { askAlways, type Backend, type Parameters, type WhyAway } from './backend.ts';

export type Labels = Readonly<Record<string, string>>;
/** One series at one time. Its value may be NaN (0 / 0) or infinite. */
export type Sample = { labels: Labels; atMs: number; value: number };
export type Series = { labels: Labels; points: readonly { atMs: number; value: number }[] };
/** A measurement kept as an example. `series` holds the labels of its histogram bucket. */
export type Exemplar = {
  series: Labels;
  labels: Labels;
  traceId?: string;
  value: number;
  atMs: number;
};
export type Alert = {
  name: string;
  state: 'inactive' | 'pending' | 'firing';
  labels: Labels;
  annotations: Labels;
  activeAtMs: number;
  value: number;
};
export type Rule = {
  group: string;
  type: 'alerting' | 'recording';
  name: string;
  query: string;
  labels: Labels;
  /** An alert has them as its file does, with their templates; a recording has none. */
  annotations: Labels;
  /** How long an alert is pending before it fires (`for`), and how long it fires on (`keep_firing_for`). */
  forSeconds: number;
  keepFiringForSeconds: number;
  /** `err` when the expression fails, `unknown` before the first evaluation. */
  health: 'ok' | 'err' | 'unknown';
  lastError?: string;
};

export type Prometheus = {
  /** An instant query at `atMs`, by default now. A scalar becomes one sample without labels. */
  query: (expression: string, atMs?: number) => Promise<readonly Sample[]>;
  queryRange: (
    expression: string,
    range: { startMs: number; endMs: number; stepSeconds: number },
  ) => Promise<readonly Series[]>;
  /** The exemplars of every series in `expression`, the newest first. */
  queryExemplars: (
    expression: string,
    range: { startMs: number; endMs: number },
  ) => Promise<readonly Exemplar[]>;
  /** The alerts that are pending or firing. */
  alerts: () => Promise<readonly Alert[]>;
  rules: () => Promise<readonly Rule[]>;
  /** The types of each metric that it reads: counter, gauge, histogram … A histogram has its name without `_bucket`. */
  metricTypes: () => Promise<ReadonlyMap<string, readonly string[]>>;
  /** The syntax tree of an expression, as `/api/v1/parse_query` describes it. Throws a BackendError when it is invalid. */
  parse: (expression: string) => Promise<unknown>;
  /** When its process was started. */
  startedAtMs: () => Promise<number>;
  /** The same Prometheus, of which no answer is awaited for longer. */
  within: (limitMs: number) => Prometheus;
};

const value = z.string().transform((text) => Number(text.replace('Inf', 'Infinity')));
const point = z
  .tuple([z.number(), value])
  .transform(([seconds, value]) => ({ atMs: Math.round(seconds * 1000), value }));
const labels = z.record(z.string(), z.string());
const time = z.string().transform((text) => Date.parse(text));

function success<Schema extends z.ZodType>(data: Schema) {
  return z.object({ status: z.literal('success'), data });
}

const instantSchema = success(
  z.discriminatedUnion('resultType', [
    z.object({
      resultType: z.literal('vector'),
      result: z.array(z.object({ metric: labels, value: point })),
    }),
    z.object({ resultType: z.literal('scalar'), result: point }),
  ]),
);
const rangeSchema = success(
  z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric: labels, values: z.array(point) })),
  }),
);
const exemplarsSchema = success(
  z.array(
    z.object({
      seriesLabels: labels,
      exemplars: z.array(z.object({ labels, value, timestamp: z.number() })),
    }),
  ),
);
const alertsSchema = success(
  z.object({
    alerts: z.array(
      z.object({
        labels,
        annotations: labels,
        state: z.enum(['inactive', 'pending', 'firing']),
        activeAt: time,
        value,
      }),
    ),
  }),
);
const rulesSchema = success(
  z.object({
    groups: z.array(
      z.object({
        name: z.string(),
        rules: z.array(
          z.object({
            type: z.enum(['alerting', 'recording']),
            name: z.string(),
            query: z.string(),
            labels: labels.default({}),
            annotations: labels.default({}),
            duration: z.number().default(0),
            keepFiringFor: z.number().default(0),
            health: z.enum(['ok', 'err', 'unknown']),
            lastError: z.string().optional(),
          }),
        ),
      }),
    ),
  }),
);

const metadataSchema = success(z.record(z.string(), z.array(z.object({ type: z.string() }))));

const runtimeSchema = success(z.object({ startTime: time }));

export function createPrometheus(url: string, limitMs?: number, whyAway?: WhyAway): Prometheus {
  const backend: Backend = { name: 'Prometheus', url, limitMs, whyAway };
  const get = <Schema extends z.ZodType>(path: string, schema: Schema, parameters: Parameters = {}) =>
    askAlways(backend, `/api/v1/${path}`, schema, parameters);
  return {
    async query(expression, atMs) {
      const { data } = await get('query', instantSchema, { query: expression, time: seconds(atMs) });
      if (data.resultType === 'scalar') return [{ labels: {}, ...data.result }];
      return data.result.map(({ metric, value }) => ({ labels: metric, ...value }));
    },
    async queryRange(expression, { startMs, endMs, stepSeconds }) {
      const { data } = await get('query_range', rangeSchema, {
        query: expression,
        start: seconds(startMs),
        end: seconds(endMs),
        step: stepSeconds,
      });
      return data.result.map(({ metric, values }) => ({ labels: metric, points: values }));
    },
    async queryExemplars(expression, { startMs, endMs }) {
      const { data } = await get('query_exemplars', exemplarsSchema, {
        query: expression,
        start: seconds(startMs),
        end: seconds(endMs),
      });
      return data
        .flatMap(({ seriesLabels, exemplars }) =>
          exemplars.map(({ labels, value, timestamp }) => ({
            series: seriesLabels,
            labels,
            ...(labels.trace_id && { traceId: labels.trace_id }),
            value,
            atMs: timestamp * 1000,
          })),
        )
        .toSorted((a, b) => b.atMs - a.atMs);
    },
    async alerts() {
      const { data } = await get('alerts', alertsSchema);
      return data.alerts.map(({ activeAt, ...alert }) => ({
        ...alert,
        name: alert.labels.alertname ?? '',
        activeAtMs: activeAt,
      }));
    },
    async rules() {
      const { data } = await get('rules', rulesSchema);
      return data.groups.flatMap(({ name: group, rules }) =>
        rules.map(({ lastError, duration, keepFiringFor, ...rule }) => ({
          ...{ group, ...rule, forSeconds: duration, keepFiringForSeconds: keepFiringFor },
          ...(lastError && { lastError }),
        })),
      );
    },
    async metricTypes() {
      const { data } = await get('metadata', metadataSchema);
      return new Map(Object.entries(data).map(([name, found]) => [name, found.map(({ type }) => type)]));
    },
    async parse(expression) {
      return (await get('parse_query', success(z.unknown()), { query: expression })).data;
    },
    async startedAtMs() {
      const { data } = await get('status/runtimeinfo', runtimeSchema);
      return data.startTime;
    },
    within: (limitMs) => createPrometheus(url, limitMs, whyAway),
  };
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
