import type { Received } from './otlp-sink.ts';
import { productList, type Scenario } from './scenarios.ts';

/** The services run these unless a variable says otherwise. This repeats DEFAULT_INSTRUMENTATIONS of service-kit. */
const DEFAULT_INSTRUMENTATIONS = ['http', 'mysql2', 'undici', 'pino', 'runtime-node'];
const FURTHER_INSTRUMENTATIONS = ['express', 'net', 'dns', 'fs'];

/** A row may have this many spans a request, compared with the row "all". */
type Share = { atLeast: number; atMost: number };
const NONE: Share = { atLeast: 0, atMost: 0 };
const FEWER: Share = { atLeast: 0, atMost: 0.9 };
/** The number varies: what the services do at their start counts too, and only a long wait for a connection is a span. */
const AS_MANY: Share = { atLeast: 0.8, atMost: 1.2 };
const MORE: Share = { atLeast: 1.1, atMost: Infinity };
const AS_MANY_OR_MORE: Share = { atLeast: 0.8, atMost: Infinity };

/** One way of configuring the services. */
export type PriceRow = {
  name: string;
  /** The services get these variables in addition to the address of the sink. */
  environment: Readonly<Record<string, string>>;
  /** A switch that did nothing is found out by the number of spans. */
  spans: (load: Scenario) => Share;
  /** Nothing may arrive of these signals. */
  silent: readonly (keyof Received['bytes'])[];
  isQuick: boolean;
};

export const OFF = 'off';
export const ALL = 'all';
/** This row repeats "all": how much the two differ is noise. */
export const ALL_AGAIN = 'all, again';

/** The rows are in the order of the table. */
export const priceRows: readonly PriceRow[] = [
  row(OFF, { OTEL_SDK_DISABLED: 'true' }, NONE, { silent: ['traces', 'metrics', 'logs'], isQuick: true }),
  row('no instrumentation', { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'none' }, FEWER),
  ...DEFAULT_INSTRUMENTATIONS.map((one) =>
    row(`only ${one}`, { OTEL_NODE_ENABLED_INSTRUMENTATIONS: one }, FEWER),
  ),
  row(ALL, {}, AS_MANY, { isQuick: true }),
  ...DEFAULT_INSTRUMENTATIONS.map((one) =>
    row(`all but ${one}`, { OTEL_NODE_DISABLED_INSTRUMENTATIONS: one }, spansWithout(one), { isQuick: true }),
  ),
  ...FURTHER_INSTRUMENTATIONS.map((one) =>
    row(
      `all and ${one}`,
      { OTEL_NODE_ENABLED_INSTRUMENTATIONS: [...DEFAULT_INSTRUMENTATIONS, one].join() },
      one === 'express' ? MORE : AS_MANY_OR_MORE,
    ),
  ),
  sampled('1', AS_MANY),
  sampled('0.1', { atLeast: 0.01, atMost: 0.3 }, { isQuick: true }),
  sampled('0.01', { atLeast: 0, atMost: 0.1 }),
  sampled('0', NONE, { silent: ['traces'] }),
  row('without traces', { OTEL_TRACES_EXPORTER: 'none' }, NONE, { silent: ['traces'] }),
  row('without logs', { OTEL_LOGS_EXPORTER: 'none' }, AS_MANY, { silent: ['logs'] }),
  row('without metrics', { OTEL_METRICS_EXPORTER: 'none' }, AS_MANY, { silent: ['metrics'] }),
  row(ALL_AGAIN, {}, AS_MANY, { isQuick: true }),
];

function row(
  name: string,
  environment: PriceRow['environment'],
  spans: Share | PriceRow['spans'],
  further: Partial<Pick<PriceRow, 'silent' | 'isQuick'>> = {},
): PriceRow {
  const spansOf = typeof spans === 'function' ? spans : () => spans;
  return { silent: [], isQuick: false, ...further, name, environment, spans: spansOf };
}

function sampled(share: string, spans: Share, further?: Partial<PriceRow>): PriceRow {
  const environment = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: share };
  return row(`sampled at ${Number(share) * 100} %`, environment, spans, further);
}

/** pino and runtime-node make no spans, and product-service answers the product list without calling another service. */
function spansWithout(instrumentation: string): PriceRow['spans'] {
  if (instrumentation === 'undici') return (load) => (load === productList ? AS_MANY : FEWER);
  return () => (instrumentation === 'http' || instrumentation === 'mysql2' ? FEWER : AS_MANY);
}
