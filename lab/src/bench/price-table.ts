import type { Received } from './otlp-sink.ts';
import { ALL, ALL_AGAIN, OFF, type PriceRow } from './price-rows.ts';
import { digits, row } from './report.ts';
import { type Sample, spread } from './sample.ts';
import type { Scenario } from './scenarios.ts';

/** The figures of one row in one round. */
export type Reading = Sample & {
  row: string;
  /** CPU milliseconds that the services used for one request or trip. */
  cpuMs: number;
  /** The services have this much memory after the load. */
  residentBytes: number;
  /** Spans and bytes are those of one request or trip. */
  received: Received;
};

/** Lists the prices of all rows in one load: medians over the rounds, and differences to the rows "all" and "off". */
export function priceTable(load: Scenario, readings: readonly Reading[]): string[] {
  const rounds = Map.groupBy(readings, (reading) => reading.row);
  const columns = measures.flatMap(({ title }) => [title, 'to all', 'to off']);
  const lines = Array.from(rounds, ([name, own]) => {
    const cells = measures.flatMap(({ pick, format }) => {
      const values = (of: string) => (rounds.get(of) ?? []).map(pick);
      const noise = ratios(values(ALL_AGAIN), values(ALL));
      const difference = (to: string) =>
        name === to ? '–' : differenceCell(ratios(own.map(pick), values(to)), noise);
      const { min, median, max } = spread(own.map(pick));
      const spreadOf = format(min) === format(max) ? '' : ` (${format(min)}–${format(max)})`;
      return [`${format(median)}${spreadOf}`, difference(ALL), difference(OFF)];
    });
    const spans = spread(own.map(({ received }) => received.spans)).median.toFixed(2);
    const bytes = spread(own.map(({ received }) => totalBytes(received))).median.toFixed(0);
    const failures = own.reduce((sum, reading) => sum + reading.failures, 0);
    return row([name, ...cells, spans, bytes, String(failures)]);
  });
  return [
    row([load.name, ...columns, 'spans each', 'bytes each', 'failures']),
    `|${'---|'.repeat(columns.length + 4)}`,
    ...lines,
  ];
}

export const explanation = [
  `≈ marks what may be noise: a difference whose median is no larger than the largest one between "${ALL}" and`,
  `"${ALL_AGAIN}" in a round, or that is an increase in one round and a decrease in another. Figures are medians, with`,
  'the least and greatest of the rounds behind them. CPU and resident memory (after the load) are those of the services;',
  'spans and bytes are all that they sent, at their start and in warming up too, for each request or trip.',
].join('\n');

const measures: readonly {
  title: string;
  pick: (reading: Reading) => number;
  format: (value: number) => string;
}[] = [
  { title: 'per second', pick: ({ perSecond }) => perSecond, format: digits },
  { title: 'p95 ms', pick: ({ p95Ms }) => p95Ms, format: (value) => value.toFixed(1) },
  { title: 'CPU ms each', pick: ({ cpuMs }) => cpuMs, format: (value) => value.toFixed(value < 10 ? 3 : 1) },
  { title: 'MB', pick: ({ residentBytes }) => residentBytes / 1e6, format: (value) => value.toFixed(0) },
];

/** Says whether a row may differ from another by mere chance. Both lists hold a ratio for each round. */
export function isNoise(ofRow: readonly number[], ofTheSame: readonly number[]): boolean {
  const differences = ofRow.map((ratio) => ratio - 1);
  const difference = spread(differences).median;
  const largest = Math.max(...ofTheSame.map((ratio) => Math.abs(ratio - 1)));
  return Math.abs(difference) <= largest || differences.some((each) => each * difference <= 0);
}

function differenceCell(ofRow: readonly number[], ofTheSame: readonly number[]): string {
  const percent = Math.round((spread(ofRow).median - 1) * 100);
  const sign = percent > 0 ? '+' : percent < 0 ? '−' : '';
  return `${isNoise(ofRow, ofTheSame) ? '≈ ' : ''}${sign}${Math.abs(percent)} %`;
}

/** Divides round by round. */
function ratios(of: readonly number[], to: readonly number[]): number[] {
  return of.map((value, round) => value / (to[round] ?? Number.NaN));
}

function totalBytes({ bytes }: Received): number {
  return bytes.traces + bytes.metrics + bytes.logs;
}

/** Complains about readings of a round that contradict the rows' variables: a switch that did nothing has no price. */
export function contradictions(
  load: Scenario,
  rows: readonly PriceRow[],
  readings: readonly Reading[],
): string[] {
  const spansOf = (name: string) => readings.find((reading) => reading.row === name)?.received.spans ?? 0;
  if (spansOf(ALL) === 0) return [`"${ALL}" sends no spans.`];
  return rows.flatMap(({ name, environment, spans, silent }) => {
    const reading = readings.find((each) => each.row === name);
    if (reading === undefined) return [];
    const { atLeast, atMost } = spans(load);
    const sent = reading.received.spans;
    const share = sent / spansOf(ALL);
    const amount = `${sent.toFixed(2)} spans each, where "${ALL}" sends ${spansOf(ALL).toFixed(2)}`;
    const complaints = [
      ...(reading.failures > reading.count / 100 || reading.count === 0
        ? [`had ${reading.failures} failures`]
        : []),
      ...(share < atLeast ? [`sends only ${amount}`] : []),
      ...(share > atMost ? [`sends ${amount}`] : []),
      ...silent.filter((signal) => reading.received.bytes[signal] > 0).map((signal) => `sends ${signal}`),
    ];
    const variables = Object.entries(environment).map(([variable, value]) => `${variable}=${value}`);
    return complaints.map((complaint) => `${[`"${name}"`, ...variables].join(' ')} ${complaint}.`);
  });
}
