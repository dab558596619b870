import { serviceNames } from '../part-names.ts';
import type { Labels } from '../query/prometheus.ts';
import type { Check } from './check.ts';

/**
 * The most series that Prometheus may hold. A shop that has seen no outage has 4,900; an outage adds those of its
 * statuses and errors, by route.
 */
export const SERIES_LIMIT = 8000;
/** The most of one metric. Histograms by route, method and status have the most. */
const METRIC_LIMIT = 1500;
/** The most values of one label, except that there are more products, and buckets are counted by their histogram. */
const VALUES_LIMIT = 100;
const unlimited = ['__name__', 'product_id'];

/** Checks that there are few series, and none that names a person, an order, a session or a trace. */
export function checkSeries(readSeries: () => Promise<readonly Labels[]>): readonly Check[] {
  return [
    {
      ...{ group: 'series', name: `fewer than ${SERIES_LIMIT} in all`, isOfAbsence: true },
      look: async () => {
        const series = await readSeries();
        if (series.length < SERIES_LIMIT) return [];
        const [metric, most] = byMetric(series)[0] ?? ['', []];
        return [`Prometheus has ${series.length} series: ${metric} has the most, ${most.length}.`];
      },
    },
    {
      ...{ group: 'series', name: 'few of each metric, and few values of each label', isOfAbsence: true },
      look: async () => byMetric(await readSeries()).flatMap(([metric, series]) => tooMany(metric, series)),
    },
    {
      ...{ group: 'series', name: 'no ids in labels', isOfAbsence: true },
      look: async () => {
        const ours = (await readSeries()).filter(({ service_name: name }) =>
          serviceNames.some((service) => service === name),
        );
        const found = [...new Set(ours.flatMap((labels) => labelsWithIds(labels)))];
        return found.map((label) => `${label} looks like an id, of which there is no end.`);
      },
    },
  ];
}

/** The metrics with their series, the largest first. */
function byMetric(series: readonly Labels[]): [string, readonly Labels[]][] {
  const metrics = Map.groupBy(series, ({ __name__: name = '' }) => name);
  return [...metrics].toSorted(([, some], [, others]) => others.length - some.length);
}

function tooMany(metric: string, series: readonly Labels[]): string[] {
  const names = [...new Set(series.flatMap((labels) => Object.keys(labels)))];
  const labels = names
    .filter((name) => !unlimited.includes(name))
    .map((name) => ({ name, count: new Set(series.map((labels) => labels[name])).size }))
    .toSorted((one, other) => other.count - one.count);
  const [most = { name: '', count: 0 }] = labels;
  if (series.length <= METRIC_LIMIT && most.count <= VALUES_LIMIT) return [];
  return [`${metric} has ${series.length} series: its label ${most.name} has ${most.count} values.`];
}

/** Matches labels with few values: process, part of the SDK, product, a peer's answer, bucket. */
const bounded =
  /^(?:__name__|instance|process_pid|server_port|otel_component_name|product_id|http_response_status_code|error_type|le|.*_version)$/;

/** Labels that hold this user's id, or seem to hold the id of a trace, a session, an order or a person. */
export function labelsWithIds(labels: Labels, userId?: string): string[] {
  return Object.entries(labels)
    .filter(([name, value]) => {
      if (/(?:user|order|session|trace|span)_?id$/.test(name)) return true;
      return !bounded.test(name) && (value === userId || /[0-9a-f]{12}|^\d+$|@|\/\d+/.test(value));
    })
    .map(([name, value]) => `${labels.__name__}: ${name}=${value}`);
}
