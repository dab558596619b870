import { type Sample, spread } from './sample.ts';
import type { Figures } from './usage.ts';

export type Measurement = Sample & {
  scenario: string;
  variant: string;
  /** CPU milliseconds that all the shop's processes used for one request or trip. */
  cpuMs: number | undefined;
  cpuMsByPart?: Figures;
  /** The number of spans that arrived at the collector for one request or trip. */
  spans: number | undefined;
};

/** Has a row for each scenario and variant: medians over the rounds, and the spread of the rate. */
export function speedTable(measurements: readonly Measurement[]): string[] {
  const rows = Map.groupBy(measurements, ({ scenario, variant }) => `${scenario} | ${variant}`);
  return [
    '| scenario | variant | per second: min / **median** / max | p50 ms | p95 ms | p99 ms | CPU ms each | failures |',
    '|---|---|---|---|---|---|---|---|',
    ...Array.from(rows, ([title, runs]) => {
      const rate = spread(runs.map(({ perSecond }) => perSecond));
      const median = (pick: (run: Measurement) => number) => spread(runs.map(pick)).median.toFixed(1);
      const cpu = runs.every(({ cpuMs }) => cpuMs === undefined)
        ? '–'
        : median(({ cpuMs }) => cpuMs ?? Number.NaN);
      const failures = runs.reduce((sum, run) => sum + run.failures, 0);
      return `| ${title} | ${digits(rate.min)} / **${digits(rate.median)}** / ${digits(rate.max)} | ${median(
        ({ p50Ms }) => p50Ms,
      )} | ${median(({ p95Ms }) => p95Ms)} | ${median(({ p99Ms }) => p99Ms)} | ${cpu} | ${failures} |`;
    }),
  ];
}

/** Compares the product list with the bare handler, and telemetry on with telemetry off, round by round. */
export function comparisonLines(measurements: readonly Measurement[]): string[] {
  const bare = measurements.filter(({ variant }) => variant === 'bare handler');
  const list = runsOf(measurements, bare[0]?.scenario, 'telemetry off');
  const rate = percent(ratios(list, bare, ({ perSecond }) => perSecond));
  return [
    ...(bare.length === 0
      ? []
      : ['', `Product list, telemetry off, against the bare handler: ${rate} of the requests per second.`]),
    '',
    ...comparisonTable(measurements, ['telemetry on', 'telemetry off']),
  ];
}

/** Compares two variants, round by round. */
export function comparisonTable(
  measurements: readonly Measurement[],
  [of, to]: readonly [string, string],
): string[] {
  return [
    row([`${of} / ${to}: median (min–max)`, 'per second', 'p95', 'CPU each', 'spans each']),
    '|---|---|---|---|---|',
    ...scenariosOf(measurements).map((scenario) => {
      const [own, other] = [runsOf(measurements, scenario, of), runsOf(measurements, scenario, to)];
      const cells = picks.map((pick) => percent(ratios(own, other, pick)));
      return row([scenario, ...cells, `${spansEach(own)} / ${spansEach(other)}`]);
    }),
  ];
}

/** Compares the shops of this build with those of the other, round by round, and the two shops of each build. */
export function againstTable(measurements: readonly Measurement[]): string[] {
  const columns = ['per second', 'p95', 'CPU each'].flatMap((name) => [`${name}: this / other`, 'noise']);
  const rows = scenariosOf(measurements).flatMap((scenario) =>
    ['off', 'on'].map((telemetry) => {
      const runs = (build: string) => runsOf(measurements, scenario, `${build}, ${telemetry}`);
      const [own, again, other, otherAgain] = [
        runs('this'),
        runs('this again'),
        runs('other'),
        runs('other again'),
      ];
      const comparisons = picks.flatMap((pick) => [
        percent([...ratios(own, other, pick), ...ratios(again, otherAgain, pick)]),
        percent([...ratios(again, own, pick), ...ratios(otherAgain, other, pick)]),
      ]);
      return row([scenario, telemetry, ...comparisons, `${spansEach(own)} / ${spansEach(other)}`]);
    }),
  );
  return [
    row(['median (min–max) of the rounds', 'telemetry', ...columns, 'spans each: this / other']),
    `|${'---|'.repeat(columns.length + 3)}`,
    ...rows,
    '',
    'Noise is the second shop of each build against its first.',
  ];
}

type Pick = (run: Measurement) => number;
const picks: readonly Pick[] = [
  ({ perSecond }) => perSecond,
  ({ p95Ms }) => p95Ms,
  ({ cpuMs = Number.NaN }) => cpuMs,
];

function scenariosOf(measurements: readonly Measurement[]): string[] {
  return [...new Set(measurements.map(({ scenario }) => scenario))];
}

function runsOf(measurements: readonly Measurement[], scenario: string | undefined, variant: string) {
  return measurements.filter((run) => run.scenario === scenario && run.variant === variant);
}

/** Divides round by round. */
function ratios(of: readonly Measurement[], to: readonly Measurement[], pick: Pick): number[] {
  return of.map((run, round) => pick(run) / pick(to[round] ?? run));
}

/** Takes the median, since a straggler of one run may be counted for the next; a dash when they are unknown. */
function spansEach(runs: readonly Measurement[]): string {
  const known = runs.flatMap(({ spans }) => spans ?? []);
  return known.length === 0 ? '–' : spread(known).median.toFixed(2);
}

/** Makes a row of a table in Markdown. */
export function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Shows the median of ratios with the least and greatest; a dash when there is none, or none is a number. */
export function percent(ratios: readonly number[]): string {
  const numbers = ratios.filter(Number.isFinite);
  const { min, median, max } = spread(numbers.map((ratio) => ratio * 100));
  return numbers.length === 0 ? '–' : `${median.toFixed(0)} % (${min.toFixed(0)}–${max.toFixed(0)})`;
}

export function digits(rate: number): string {
  return rate < 100 ? rate.toFixed(1) : rate.toFixed(0);
}
