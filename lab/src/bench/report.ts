import { type Sample, spread } from './sample.ts';

export type Measurement = Sample & {
  scenario: string;
  variant: 'bare handler' | 'telemetry off' | 'telemetry on';
  /** CPU milliseconds of all the shop's processes for one request or trip. */
  cpuMs: number | undefined;
  /** Spans that arrived at the collector for one request or trip, with telemetry on. */
  spans?: number;
};

/** A row for each scenario and variant: medians over the rounds, with the spread of the rate. */
export function speedTable(measurements: Measurement[]): string[] {
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

/** How the product list compares with the bare handler, and what telemetry costs: on against off, round by round. */
export function comparisonLines(measurements: Measurement[]): string[] {
  const scenarios = [...new Set(measurements.map(({ scenario }) => scenario))];
  const runs = (scenario: string, variant: Measurement['variant']) =>
    measurements.filter((run) => run.scenario === scenario && run.variant === variant);
  const ratios = (of: readonly Measurement[], to: readonly Measurement[], pick: Pick) =>
    of.map((run, round) => pick(run) / pick(to[round] ?? run));
  const [productList = ''] = scenarios;
  const off = runs(productList, 'telemetry off');
  const bare = runs(productList, 'bare handler');
  return [
    '',
    `Product list, telemetry off, against the bare handler: ${percent(ratios(off, bare, ({ perSecond }) => perSecond))}.`,
    '',
    '| telemetry on against off: median (min–max) | per second | p95 | CPU each | spans each |',
    '|---|---|---|---|---|',
    ...scenarios.map((scenario) => {
      const on = runs(scenario, 'telemetry on');
      const cells = [
        scenario,
        ...picks.map((pick) => percent(ratios(on, runs(scenario, 'telemetry off'), pick))),
        spread(on.map(({ spans = Number.NaN }) => spans)).min.toFixed(2),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
}

type Pick = (run: Measurement) => number;
const picks: readonly Pick[] = [
  ({ perSecond }) => perSecond,
  ({ p95Ms }) => p95Ms,
  ({ cpuMs = Number.NaN }) => cpuMs,
];

export type Memory = { part: string; residentBytes: number; privateBytes: number };

/** Memory of the parts right after they became ready, in MB: resident, and what of it is their own. */
export function memoryTable(off: readonly Memory[], on: readonly Memory[]): string[] {
  const cell = (parts: readonly Memory[], name: string) => {
    const memory = parts.find(({ part }) => part === name);
    if (!memory) return '–';
    return `${megabytes(memory.residentBytes)} (${megabytes(memory.privateBytes)})`;
  };
  return [
    '| idle memory in MB: resident (of it private) | telemetry off | telemetry on |',
    '|---|---|---|',
    ...off.map(({ part }) => `| ${part} | ${cell(off, part)} | ${cell(on, part)} |`),
  ];
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function percent(ratios: number[]): string {
  const { min, median, max } = spread(ratios.map((ratio) => ratio * 100));
  return `${median.toFixed(0)} % (${min.toFixed(0)}–${max.toFixed(0)})`;
}

function digits(rate: number): string {
  return rate < 100 ? rate.toFixed(1) : rate.toFixed(0);
}
