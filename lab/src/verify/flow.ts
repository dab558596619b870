import { LabError } from '../lab-error.ts';
import { serviceNames } from '../part-names.ts';
import { logsOfTraces } from '../query/loki.ts';
import type { Prometheus } from '../query/prometheus.ts';
import type { Span, Trace } from '../query/span.ts';
import type { Stores } from '../query/stores.ts';
import type { Check } from './check.ts';
import { type Customer, markedRequest } from './customer.ts';
import { fillIn } from './fill-in.ts';
import { type DataSource, readDataSources } from './grafana-files.ts';
import { followExemplar } from './links.ts';
import { shared } from './shared.ts';

const operation = `${markedRequest.method} ${markedRequest.path}`;
const series = `traces_span_metrics_duration_seconds_bucket{service_name="frontend", span_name="${operation}"}`;

/**
 * Checks that a customer is served, that a request of theirs is in all three backends, and that the links of Grafana's
 * data sources lead from each signal to the next.
 */
export function checkFlow(
  root: string,
  { jaeger, prometheus, loki }: Stores,
  customer: Customer,
  startMs: number,
): readonly Check[] {
  const range = () => ({ startMs, endMs: Date.now() + 1000 });
  const sources = readDataSources(root);

  /** The marked requests whose traces are in Jaeger, with the spans of all services. */
  const traces = shared(async () => {
    const found = await jaeger.findTraces({ service: 'frontend', operation, ...range(), limit: 50 });
    return found.filter((trace) => customer.traceIds.has(trace.traceId) && lacking(trace).length === 0);
  });
  const someTrace = async (): Promise<Trace> => {
    const [trace] = await traces();
    if (trace) return trace;
    throw new LabError(
      `No ${operation} that the customer sent is in Jaeger with the spans of all services: ${await whereLost(prometheus, 'spans')}`,
    );
  };
  const exemplars = shared(async () => {
    const found = await prometheus.queryExemplars(series, range());
    return found.filter(({ traceId = '' }) => customer.traceIds.has(traceId));
  });
  /** The lines of the first marked requests, which have had the time to arrive. */
  const markedLines = shared(() => linesOf(logsOfTraces([...customer.traceIds].slice(0, 10))));
  const linesOf = (query: string) => loki.queryRange(query, { ...range(), limit: 100, direction: 'forward' });

  const steps: Record<string, () => Promise<string | undefined>> = {
    'a customer can order': async () => {
      if (customer.isServed()) return undefined;
      const why = customer.problem();
      return why === undefined
        ? 'The customer has not ended the first visit yet: the shop is slow. ./vitrine trace shows its requests.'
        : `A customer cannot shop: ${why}. ./vitrine trace shows the requests, ./vitrine status the parts.`;
    },
    'a request is in Jaeger': async () => void (await someTrace()),
    'a request is in Prometheus': async () =>
      (await exemplars()).length > 0
        ? undefined
        : `No exemplar of ${series} is of a request that the customer sent: otel-collector-config.yaml makes them in span_metrics`,
    'a request is in Loki': async () => {
      const lines = await markedLines();
      const silent = serviceNames.filter((name) => !lines.some(({ labels }) => labels.service_name === name));
      if (silent.length === 0) return undefined;
      const where = await whereLost(prometheus, 'log_records');
      return `Loki has no line of ${operation} from ${silent.join(', ')}: ${where}`;
    },
    'exemplar → trace': async () => {
      const source = sourceOf(sources, 'prometheus');
      for (const { labels } of await exemplars()) {
        const { query } = followExemplar(source, (name) => labels[name] ?? '');
        if (query !== '' && (await jaeger.traceById(query))) return undefined;
      }
      return 'No exemplar of the customer’s requests leads to a trace: either Jaeger has none of them, see “a request is in Jaeger”, or the link is wrong, which exemplarTraceIdDestinations of Grafana’s data sources has.';
    },
    'trace → logs': async () => {
      const query = sourceOf(sources, 'jaeger').jsonData.tracesToLogsV2?.query ?? '';
      const span = spanOf(await someTrace(), 'order-service');
      const lines = await linesOf(
        fillIn(query, { '__span.traceId': span.traceId, '__span.spanId': span.spanId }),
      );
      return lines.length > 0
        ? undefined
        : 'A span leads to no log line: either Loki has none of its trace, see “a request is in Loki”, or the query is wrong, which tracesToLogsV2 of Grafana’s data sources has.';
    },
    'trace → metrics': async () => {
      const { tags = [], queries = [] } = sourceOf(sources, 'jaeger').jsonData.tracesToMetrics ?? {};
      const { resource } = spanOf(await someTrace(), 'frontend');
      const matchers = tags.map(({ key, value }) => `${value}="${resource[key]}"`).join(', ');
      for (const { name, query } of queries) {
        const samples = await prometheus.query(fillIn(query, { __tags: matchers }));
        if (!samples.some(({ value }) => Number.isFinite(value)))
          return `A span leads to no “${name}”: tracesToMetrics of Grafana’s data sources has the query.`;
      }
      return undefined;
    },
    'logs → trace': async () => {
      const [field] = sourceOf(sources, 'loki').jsonData.derivedFields;
      // With another matcherType, Grafana looks for the id in the line itself.
      const label = field?.matcherType === 'label' ? field.matcherRegex : '';
      const lines = await markedLines();
      const named = lines.map(({ metadata }) =>
        fillIn(field?.url ?? '', { '__value.raw': metadata[label] ?? '' }),
      );
      const ids = new Set(named.filter((id) => id !== ''));
      for (const id of ids) if (await jaeger.traceById(id)) return undefined;
      if (lines.length === 0) return 'There is no log line to begin with: see “a request is in Loki”.';
      return ids.size > 0
        ? 'The traces that the customer’s log lines name are not in Jaeger: see “a request is in Jaeger”, or a sampler leaves them out.'
        : 'The customer’s log lines name no trace: derivedFields of Grafana’s data sources says which field has its id.';
    },
  };
  return Object.entries(steps).map(([name, step]) => ({
    ...{ group: 'flow', name },
    look: async () => [(await step()) ?? []].flat(),
  }));
}

/** Says whether a signal is lost before the collector, in it, or after it; what came before a restart does not count. */
async function whereLost(prometheus: Prometheus, items: 'spans' | 'log_records'): Promise<string> {
  const [name, part] = items === 'spans' ? ['spans', 'jaeger'] : ['log lines', 'loki'];
  const grows = async (metric: string, exporter = '') => {
    const counter = `${metric}_${items}_total{job="otel-collector"${exporter}}`;
    return (await prometheus.query(`sum(increase(${counter}[20s])) > 0`)).length > 0;
  };
  const logs = './vitrine logs otel-collector may say why';
  if (!(await grows('otelcol_receiver_accepted')))
    return `the collector accepts no ${name}. Has otel-collector-config.yaml a pipeline for them, and do services send any (LOG_LEVEL, OTEL_ variables)? ${logs}`;
  if (!(await grows('otelcol_exporter_sent', `, exporter=~".*/${part}"`)))
    return `the collector accepts ${name}, but sends none to ${part}: ${logs}`;
  return `the collector sends ${name} to ${part}, but perhaps not all of them: ./vitrine logs ${part}, or a processor in otel-collector-config.yaml`;
}

/** The services that have answered nothing in the trace. */
function lacking({ spans }: Trace): string[] {
  return serviceNames.filter(
    (name) => !spans.some(({ kind, service }) => kind === 'server' && service === name),
  );
}

function spanOf({ spans, traceId }: Trace, service: string): Span {
  const found = spans.find((span) => span.kind === 'server' && span.service === service);
  if (found) return found;
  throw new LabError(`Trace ${traceId} has no span of ${service}.`);
}

function sourceOf(sources: readonly DataSource[], type: string): DataSource {
  const found = sources.find((source) => source.type === type);
  if (found) return found;
  throw new LabError(`Grafana has no data source of type ${type}.`);
}
