import { declared, LOGGED_ERROR } from '@vitrine/service-kit/registry/contract';
import { metrics as runtimeMetrics } from '@vitrine/service-kit/registry/runtime';
import { mayBeEmpty } from '../empty-while-healthy.ts';
import type { LogLine } from '../query/loki.ts';
import type { Labels } from '../query/prometheus.ts';
import { prometheusName } from '../telemetry-page/prometheus-name.ts';

export type LabelNames = ReadonlySet<string> | 'any';

/** Metrics and labels that there are, or that are declared. */
export type Names = {
  /** The labels of a metric; undefined if there is no such metric, `any` if nothing tells. */
  labelsOf: (metric: string) => LabelNames | undefined;
  /** Whether the label may have this value, as far as that is known. */
  mayBe: (metric: string, label: string, value: string) => boolean;
  /** Labels and fields of log lines. */
  fields: ReadonlySet<string>;
};

/** Labels of every series of a service. */
const common = ['__name__', 'service_name', 'job', 'instance', 'le'];
/** Metrics that begin with their first event, which a healthy shop may not have had. */
const bornByEvents =
  /^(?:ALERTS(?:_FOR_STATE)?|otelcol_(?:exporter_(?:send|enqueue)_failed|receiver_(?:refused|failed)|processor_\w*(?:refused|dropped)|connector_\w*|scraper_\w*)_\w+|loki_discarded_\w+)$/;
/** Values of labels that only failures show, so a healthy shop may lack them. */
const ofFailures: Readonly<Record<string, RegExp>> = {
  error_type: /./,
  http_response_status_code: /^[1-5]\d\d$/,
  status_code: /^STATUS_CODE_(?:UNSET|OK|ERROR)$/,
};

/** Learns the names from the series and lines that there are, the registry, and the rules. */
export function learnNames(
  series: readonly Labels[],
  lines: readonly LogLine[],
  rules: readonly { name: string; expr: string }[],
): Names {
  // Of these, only some of the series that there can be may be there.
  const isBornByEvents = (metric: string) =>
    bornByEvents.test(metric) || rules.some(({ name, expr }) => name === metric && mayBeEmpty(expr));
  const seen = Map.groupBy(series, ({ __name__: name = '' }) => name);
  const ofLines = lines.flatMap(({ labels, metadata }) => [...Object.keys(labels), ...Object.keys(metadata)]);
  return {
    fields: new Set([...ofLines, ...declaredFields]),
    labelsOf(metric) {
      const own = declaredLabels(metric);
      const found = seen.get(metric);
      if (isBornByEvents(metric)) return 'any';
      if (own || found)
        return new Set([
          ...common,
          ...Object.keys(own ?? {}),
          ...(found ?? []).flatMap((labels) => Object.keys(labels)),
        ]);
      return rules.some(({ name }) => name === metric) ? 'any' : undefined;
    },
    mayBe(metric, label, value) {
      const isDeclared = declaredLabels(metric)?.[label]?.includes(value);
      if (isDeclared || ofFailures[label]?.test(value) || isBornByEvents(metric)) return true;
      return seen.get(metric)?.some((labels) => labels[label] === value) ?? true;
    },
  };
}

const underscored = (name: string) => name.replaceAll('.', '_');

type Declared = Readonly<Record<string, readonly string[]>>;

/** The labels that the registry gives each metric, with the values that it lists. */
const declaredMetrics: ReadonlyMap<string, Declared> = new Map([
  ...declared.metrics.map((metric): [string, Declared] => {
    const labels = Object.entries(metric.attributes).map(([name, { values = [] }]) => [
      underscored(name),
      values,
    ]);
    return [prometheusName(metric), Object.fromEntries(labels)];
  }),
  ...runtimeMetrics.map((metric): [string, Declared] => {
    const labels = metric.attributes.map((name) => [underscored(name), []]);
    return [prometheusName(metric), Object.fromEntries(labels)];
  }),
]);

/** @param series a metric's name in Prometheus, of a histogram with `_bucket`, `_count` or `_sum` */
function declaredLabels(series: string): Declared | undefined {
  return declaredMetrics.get(series) ?? declaredMetrics.get(series.replace(/_(?:bucket|count|sum)$/, ''));
}

/** Fields of log lines that the registry declares, and that Loki adds. */
const declaredFields = [
  ...declared.logs.flatMap(({ fields }) => Object.keys(fields)),
  ...[...Object.keys(LOGGED_ERROR), 'severity_text', 'detected_level', 'trace_id', 'span_id'],
  ...['service_name', 'service_namespace', 'deployment_environment_name'],
].map(underscored);
