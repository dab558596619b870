import { serviceNames } from '../part-names.ts';
import type { Loki } from '../query/loki.ts';
import type { Prometheus } from '../query/prometheus.ts';
import { alignColumns } from '../status-table.ts';

const MB = 1_000_000;

/**
 * What must not grow under steady load. It is flat if it grows by the `share` of its size and `slack` at most: the heap
 * swings with each garbage collection, and a pool of connections follows the load.
 */
const measures = [
  {
    name: 'memory',
    unit: MB,
    of: 'sum by (service_name) (process_memory_usage_bytes)',
    share: 0.1,
    slack: 5 * MB,
  },
  {
    name: 'heap',
    unit: MB,
    of: 'sum by (service_name) (v8js_memory_heap_used_bytes)',
    share: 0.2,
    slack: 5 * MB,
  },
  {
    name: 'connections',
    unit: 1,
    of: 'sum by (service_name) (db_client_connection_count)',
    share: 0,
    slack: 2,
  },
  {
    ...{
      name: 'series',
      unit: 1,
      of: `count by (service_name) ({service_name=~"${serviceNames.join('|')}"})`,
    },
    ...{ share: 0.05, slack: 5 },
  },
] as const;

const errorLines = '{service_namespace="vitrine"} | severity_text=~"(?i)error|fatal"';
/** More lines are not counted. */
const countLimit = 1000;

/** A table, and a sentence for each bound that is exceeded. */
export type Growth = { lines: readonly string[]; problems: readonly string[] };

/**
 * Compares each service's means of the second quarter of a run with those of the last; the first quarter warms it up.
 * An error in the log at any time is too much: a failed request is none there, but a bug is.
 */
export async function measureGrowth(
  { prometheus, loki }: { prometheus: Prometheus; loki: Pick<Loki, 'queryRange'> },
  { startMs, endMs }: { startMs: number; endMs: number },
): Promise<Growth> {
  const quarterMs = (endMs - startMs) / 4;
  const seconds = Math.max(1, Math.round(quarterMs / 1000));
  const meansUntil = async (expression: string, atMs: number) => {
    const samples = await prometheus.query(`avg_over_time((${expression})[${seconds}s:5s])`, atMs);
    return new Map(samples.map(({ labels, value }) => [labels.service_name, value]));
  };
  const columns = await Promise.all(
    measures.map(async (measure) => ({
      ...measure,
      before: await meansUntil(measure.of, startMs + 2 * quarterMs),
      after: await meansUntil(measure.of, endMs),
    })),
  );
  const range = { startMs, endMs, limit: countLimit, direction: 'backward' } as const;
  const errors = Map.groupBy(await loki.queryRange(errorLines, range), ({ labels }) => labels.service_name);

  const problems: string[] = [];
  const rows = serviceNames.map((service) => {
    const cells = columns.map(({ name, unit, share, slack, before, after }) => {
      const [first, last] = [before.get(service), after.get(service)];
      if (first === undefined || last === undefined) {
        problems.push(`Prometheus has too little of ${service} to judge its ${name}: was the run too short?`);
        return 'unknown';
      }
      const [from, to, allowed] = [first, last, first * share + slack].map((each) =>
        (each / unit).toFixed(0),
      );
      if (last <= first * (1 + share) + slack) return `${from} → ${to}`;
      const units = unit === MB ? ' MB' : '';
      problems.push(
        `The ${name} of ${service} grew from ${from} to ${to}${units}, by more than ${allowed}${units}.`,
      );
      return `${from} → ${to} ✗`;
    });
    const count = errors.get(service)?.length ?? 0;
    if (count > 0) problems.push(`${service} logged errors: ./vitrine logs ${service} shows them.`);
    return [service, ...cells, `${count}${count > 0 ? ' ✗' : ''}`];
  });
  const heading = measures.map(({ name, unit }) => (unit === MB ? `${name} MB` : name));
  return {
    lines: [
      'Growth, from the mean of the second quarter to that of the last:',
      ...alignColumns([['service', ...heading, 'error lines'], ...rows]),
      ...(problems.length === 0 ? ['All of it is flat.'] : []),
    ],
    problems,
  };
}
