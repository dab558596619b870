import {
  declared,
  isDeclaredAs,
  isMessage,
  LOGGED_ERROR,
  missingOwners,
  scopesOf,
  type undeclaredIn,
} from '../../../test/undeclared.ts';
import type { LogLine, Loki } from '../../src/query/loki.ts';
import type { Labels } from '../../src/query/prometheus.ts';
import type { Attributes, Span } from '../../src/query/span.ts';
import { prometheusName } from '../../src/telemetry-page/prometheus-name.ts';
import { metrics as runtimeMetrics } from '../../src/telemetry-page/runtime-metrics.ts';
import type { Backends } from './backends.ts';
import { lately, services } from './panel.ts';

/** The contents of the backends, in the words of the registry. */
type Telemetry = Parameters<typeof undeclaredIn>[0];

/** Log messages that nobody can bring about from outside: of a bug, a refused account, a database that goes, or a signal that comes, at just that moment. */
const outOfReach = [
  'Something went wrong on our side',
  'cannot start',
  'start abandoned',
  'crashed',
  'could not close cleanly',
  'could not end a session',
  'waiting for the database',
];

/** Reads all telemetry of the last minutes. */
export async function readTelemetry({ jaeger, loki, prometheus }: Backends): Promise<Telemetry> {
  const traces = await Promise.all(
    services.map((service) => jaeger.findTraces({ service, ...lately(), limit: 2000 })),
  );
  const spans = traces.flat().flatMap((trace) => trace.spans);
  const series = await prometheus.query('{job=~"vitrine/.*",__name__!~"traces_span_metrics_.*|target_info"}');
  const lines = await readLines(loki, lately());
  const resource = new Set(spans.flatMap((span) => Object.keys(span.resource)).map(underscored));
  return {
    spans: spans.map(readSpan),
    points: series.map(({ labels }) => readSeries(labels)),
    logs: lines.map((line) => readLine(line, resource)),
  };
}

/** Lists declared telemetry that was not seen. Spans and logs of every service need be seen of one only. */
export function missingIn({ spans, points, logs }: Telemetry): string[] {
  const seenSpans = declared.spans.flatMap((declaration) => {
    const { name, attributes, events } = declaration;
    const seen = spans.filter((span) => isDeclaredAs(declaration, span));
    const hasAttribute = (attribute: string) => seen.some((span) => attribute in span.attributes);
    const hasEvent = (event: string) => seen.some((span) => span.events.some((one) => one.name === event));
    return [
      ...(seen.length > 0 ? [] : [`span ${name}`]),
      ...Object.keys(attributes).flatMap((one) => (hasAttribute(one) ? [] : [`span ${name}: ${one}`])),
      ...Object.keys(events).flatMap((one) => (hasEvent(one) ? [] : [`span ${name}: event ${one}`])),
    ];
  });
  const metrics = declared.metrics.flatMap((declaration) => {
    const { name } = declaration;
    const seen = points.flatMap(({ metric, service }) => (metric === name ? [service] : []));
    return missingOwners(declaration, seen).map((service) => `metric ${name} of ${service}`);
  });
  const labels = [...declared.metrics, ...runtimeMetrics].flatMap(({ name, attributes }) => {
    const names = Array.isArray(attributes) ? attributes : Object.keys(attributes);
    const seen = points.filter(({ metric }) => metric === name);
    return seen.length === 0 && !Array.isArray(attributes)
      ? []
      : names
          .filter((one) => one !== 'error.type' && !seen.some((point) => one in point.attributes))
          .map((one) => `metric ${name}: ${one}`);
  });
  const messages = declared.logs
    .filter(({ message }) => !outOfReach.includes(message))
    .flatMap(({ message, fields }) => {
      const seen = logs.filter(({ body }) => isMessage({ message }, body));
      const names = Object.keys(fields).map((field) => (field === 'err' ? 'exception.message' : field));
      const absent = names.filter((field) => !seen.some(({ attributes }) => field in attributes));
      return seen.length === 0 ? [`log ${message}`] : absent.map((field) => `log ${message}: ${field}`);
    });
  return [...seenSpans, ...metrics, ...labels, ...messages];
}

/** Reads every line of the shop, the newest first. Loki refuses a query for more than 5,000. */
async function readLines(
  loki: Loki,
  { startMs, endMs }: { startMs: number; endMs: number },
): Promise<readonly LogLine[]> {
  const range = { startMs, endMs, limit: 5000, direction: 'backward' } as const;
  const lines = await loki.queryRange('{service_namespace="vitrine"}', range);
  const last = lines.at(-1);
  if (last === undefined || lines.length < range.limit) return lines;
  return [...lines, ...(await readLines(loki, { startMs, endMs: last.atMs }))];
}

function readSpan({ service, name, kind, attributes, events }: Span): Telemetry['spans'][number] {
  const kinds = { server: 'SERVER', client: 'CLIENT', internal: 'INTERNAL' } as const;
  const { 'otel.scope.name': scope, 'otel.scope.version': _, ...own } = attributes;
  if (kind === 'producer' || kind === 'consumer') throw new Error(`A span of kind ${kind}: ${name}`);
  return {
    ...{ service, scope: String(scope), name, kind: kinds[kind] },
    ...{ attributes: own, events: events.map(copyEvent) },
  };
}

function copyEvent({ name, attributes }: { name: string; attributes: Attributes }) {
  return { name, attributes: { ...attributes } };
}

/** Turns a series of Prometheus into a point of its metric; an unknown one keeps its own name. */
function readSeries(labels: Labels) {
  const {
    __name__: series = '',
    service_name: service = '',
    job: _,
    instance: __,
    le: ___,
    ...rest
  } = labels;
  const isOfThis = (metric: { name: string; unit: string; instrument: string }) => {
    const suffixes = metric.instrument === 'histogram' ? ['_bucket', '_count', '_sum'] : [''];
    return suffixes.some((suffix) => series === prometheusName(metric) + suffix);
  };
  const own = declared.metrics.find(isOfThis);
  const metric = own ?? runtimeMetrics.find(isOfThis);
  const names = Array.isArray(metric?.attributes) ? metric.attributes : Object.keys(metric?.attributes ?? {});
  return {
    ...{ service, scope: own ? (scopesOf(own)[0] ?? '') : 'instrumentation', metric: metric?.name ?? series },
    unit: metric?.unit ?? 'unknown',
    attributes: withNames(rest, names),
  };
}

/** Fields that Loki adds to every line, or that OTLP has beside the attributes. */
const ofEachLine =
  /^(?:trace_id|span_id|flags|scope_.*|severity_.*|detected_level|observed_timestamp|deployment_environment_name)$/;

function readLine({ body, labels, metadata }: LogLine, resource: ReadonlySet<string>) {
  const own = Object.entries(metadata).filter(([name]) => !ofEachLine.test(name) && !resource.has(name));
  const fields = declared.logs.flatMap((log) => Object.keys(log.fields));
  const attributes = withNames(Object.fromEntries(own), [...fields, ...Object.keys(LOGGED_ERROR)]);
  return { service: labels.service_name ?? 'unknown', body, attributes };
}

/** Restores OpenTelemetry's names where Prometheus and Loki have underscores. */
function withNames(values: Labels, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      names.find((one) => underscored(one) === name) ?? name,
      value,
    ]),
  );
}

function underscored(name: string): string {
  return name.replace(/[^\w]/g, '_');
}
