import type { PartStatus } from '../stack.ts';
import { type Sample, spread } from './sample.ts';

export type Measurement = Sample & {
  scenario: string;
  variant: 'bare handler' | 'telemetry off' | 'telemetry on';
  /** CPU milliseconds of all the shop's processes for one request or trip. */
  cpuMs: number | undefined;
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

/** How the product list compares with the bare handler, and telemetry on with off, round by round. */
export function yardstickLines(measurements: Measurement[]): string[] {
  const scenarios = [...new Set(measurements.map(({ scenario }) => scenario))];
  const ratios = (scenario: string, variant: string, yardstick: string) => {
    const rates = (of: string) =>
      measurements
        .filter((run) => run.scenario === scenario && run.variant === of)
        .map((run) => run.perSecond);
    const denominators = rates(yardstick);
    return rates(variant).flatMap((rate, round) => rate / (denominators[round] ?? Number.NaN));
  };
  const [productList = ''] = scenarios;
  return [
    '',
    `Product list, telemetry off, against the bare handler: ${percent(ratios(productList, 'telemetry off', 'bare handler'))}.`,
    ...scenarios.map(
      (scenario) =>
        `Telemetry on against off, ${scenario}: ${percent(ratios(scenario, 'telemetry on', 'telemetry off'))}.`,
    ),
  ];
}

/** Resident memory of the services right after they became ready, in MB. */
export function memoryTable(off: readonly PartStatus[], on: readonly PartStatus[]): string[] {
  const megabytes = (parts: readonly PartStatus[], name: string) => {
    const bytes = parts.find(({ part }) => part === name)?.residentBytes;
    return bytes === undefined ? '–' : (bytes / 1e6).toFixed(0);
  };
  return [
    '| idle memory, MB | telemetry off | telemetry on |',
    '|---|---|---|',
    ...off.map(({ part }) => `| ${part} | ${megabytes(off, part)} | ${megabytes(on, part)} |`),
  ];
}

function percent(ratios: number[]): string {
  const { min, median, max } = spread(ratios.map((ratio) => ratio * 100));
  return `${median.toFixed(0)} % (${min.toFixed(0)}–${max.toFixed(0)})`;
}

function digits(rate: number): string {
  return rate < 100 ? rate.toFixed(1) : rate.toFixed(0);
}
