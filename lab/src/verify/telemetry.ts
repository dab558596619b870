import {
  declared,
  isDeclaredAs,
  isMessage,
  LOGGED_ERROR,
  missingOwners,
  scopesOf,
  type Telemetry,
} from '@vitrine/service-kit/registry/contract';
import { metrics as runtimeMetrics } from '@vitrine/service-kit/registry/runtime';
import { serviceNames } from '../part-names.ts';
import type { Jaeger } from '../query/jaeger.ts';
import type { LogLine, Loki } from '../query/loki.ts';
import type { Labels } from '../query/prometheus.ts';
import type { Attributes, Span } from '../query/span.ts';
import { prometheusName } from '../telemetry-page/prometheus-name.ts';

type Range = { startMs: number; endMs: number };
type Declared = typeof declared;

/** Reads the spans of traces, at most so many traces of each service. */
export async function readSpans(jaeger: Jaeger, range: Range, limit: number): Promise<readonly Span[]> {
  const search = (service: string) => jaeger.findTraces({ service, ...range, limit });
  const traces = (await Promise.all(serviceNames.map(search))).flat();
  return [...new Map(traces.flatMap(({ spans }) => spans.map((span) => [span.spanId, span]))).values()];
}

/** Reads the lines of the shop, the newest first, at most `limit` of them. Loki refuses a query for more than 5,000. */
export async function readLines(loki: Loki, range: Range, limit: number): Promise<readonly LogLine[]> {
  const page = Math.min(limit, 5000);
  const options = { ...range, limit: page, direction: 'backward' } as const;
  const lines = await loki.queryRange('{service_namespace="vitrine"}', options);
  const last = lines.at(-1);
  if (last === undefined || lines.length < page || page === limit) return lines;
  return [...lines, ...(await readLines(loki, { ...range, endMs: last.atMs }, limit - page))];
}

/** The spans, series and lines in the words of the registry. Other series than those of the services are left out. */
export function inWordsOfRegistry(
  spans: readonly Span[],
  series: readonly Labels[],
  lines: readonly LogLine[],
): Telemetry {
  const resource = new Set(spans.flatMap((span) => Object.keys(span.resource)).map(underscored));
  return {
    spans: spans.map(readSpan),
    points: series.filter(isOfService).map(readSeries),
    logs: lines.map((line) => readLine(line, resource)),
  };
}

function isOfService({ job = '', __name__: name = '' }: Labels): boolean {
  return job.startsWith('vitrine/') && !/^(?:traces_span_metrics_.*|target_info)$/.test(name);
}

/** Lists declared spans, attributes and events that were not seen. Those of every service need be seen of one only. */
export function missingSpans({ spans }: Telemetry): string[] {
  return declared.spans.flatMap((declaration) => {
    const { name, attributes, events } = declaration;
    const seen = spans.filter((span) => isDeclaredAs(declaration, span));
    if (seen.length === 0) return [`span ${name}`];
    const hasAttribute = (attribute: string) => seen.some((span) => attribute in span.attributes);
    const hasEvent = (event: string) => seen.some((span) => span.events.some((one) => one.name === event));
    return [
      ...Object.keys(attributes).flatMap((one) => (hasAttribute(one) ? [] : [`span ${name}: ${one}`])),
      ...Object.keys(events).flatMap((one) => (hasEvent(one) ? [] : [`span ${name}: event ${one}`])),
    ];
  });
}

/** Lists declared metrics that were not seen of a service, and labels that were seen of none. */
export function missingMetrics({ points }: Telemetry): string[] {
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
  return [...metrics, ...labels];
}

/** Lists the messages, of those given, that were not seen, and fields that none of their lines has. */
export function missingLogs({ logs }: Telemetry, messages: Declared['logs']): string[] {
  return messages.flatMap(({ message, fields }) => {
    const seen = logs.filter(({ body }) => isMessage({ message }, body));
    const names = Object.keys(fields).map((field) => (field === 'err' ? 'exception.message' : field));
    const absent = names.filter((field) => !seen.some(({ attributes }) => field in attributes));
    return seen.length === 0 ? [`log ${message}`] : absent.map((field) => `log ${message}: ${field}`);
  });
}

function readSpan({ service, name, kind, attributes, events }: Span): Telemetry['spans'][number] {
  const kinds = {
    server: 'SERVER',
    client: 'CLIENT',
    internal: 'INTERNAL',
    producer: 'PRODUCER',
    consumer: 'CONSUMER',
  } as const;
  const { 'otel.scope.name': scope, 'otel.scope.version': _, ...own } = attributes;
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
