import { serviceNames } from '../part-names.ts';
import { type Measurement, percent, row } from './report.ts';
import { spread } from './sample.ts';
import { type Figures, type Memory, sum } from './usage.ts';

/** By a label, the names of those that a sum is of. */
type Sums = Readonly<Record<string, (name: string) => boolean>>;

/** The parts of a shop together. */
export const sumsOfParts: Sums = {
  'all services': (part) => serviceNames.some((service) => service === part),
  'all databases': (part) => part.endsWith('_dbase'),
  'all parts': () => true,
};

/**
 * Shows the figures that a scenario's runs consist of, such as the CPU time of each part: a column for each of
 * `variants` that has some, and then the ratio of the first to each other one, round by round. Below stands what the
 * `sums` add up to, each of them the names that it is meant for.
 */
export function breakdownTable(
  { title, figuresOf, sums }: { title: string; figuresOf: (run: Measurement) => Figures; sums: Sums },
  runs: readonly Measurement[],
  variants: readonly string[],
): string[] {
  const columns = variants.flatMap((name) => {
    const figures = runs.filter(({ variant }) => variant === name).map(figuresOf);
    return figures.some((each) => Object.keys(each).length > 0) ? [{ name, figures }] : [];
  });
  const [first, ...others] = columns.map(({ name }) => name);
  if (first === undefined) return [];
  const line = (label: string, isMeant: (name: string) => boolean) => {
    const values = columns.map(({ figures }) =>
      figures.map((each) =>
        sum(Object.entries(each).flatMap(([name, value]) => (isMeant(name) ? value : []))),
      ),
    );
    const [own = [], ...rest] = values;
    const ratios = rest.map((other) => own.map((value, round) => value / (other[round] ?? Number.NaN)));
    return row([label, ...values.map(spreadCell), ...ratios.map(percent)]);
  };
  const names = [...new Set(columns.flatMap(({ figures }) => figures.flatMap((each) => Object.keys(each))))];
  const headings = [first, ...others, ...others.map((other) => `${first} / ${other}`)];
  return [
    row([title, ...headings]),
    `|${'---|'.repeat(headings.length + 1)}`,
    ...names.map((name) => line(name, (each) => each === name)),
    ...Object.entries(sums).map(([label, isMeant]) => line(label, isMeant)),
  ];
}

/** Shows the memory of each part, and of several together, in a column for each of `shops`. */
export function memoryTable(
  shops: Readonly<Record<string, readonly Memory[]>>,
  title = 'idle memory',
): string[] {
  const columns = Object.values(shops);
  const line = (label: string, isMeant: (part: string) => boolean) =>
    row([label, ...columns.map((parts) => memoryCell(parts.filter(({ part }) => isMeant(part))))]);
  const names = columns[0]?.map(({ part }) => part) ?? [];
  return [
    row([`${title} in MB: resident (of it private)`, ...Object.keys(shops)]),
    `|${'---|'.repeat(columns.length + 1)}`,
    ...names.map((name) => line(name, (part) => part === name)),
    ...Object.entries(sumsOfParts).map(([label, isMeant]) => line(label, isMeant)),
  ];
}

function memoryCell(parts: readonly Memory[]): string {
  const megabytes = (pick: (memory: Memory) => number) => (sum(parts.map(pick)) / 1e6).toFixed(0);
  return `${megabytes(({ residentBytes }) => residentBytes)} (${megabytes(({ privateBytes }) => privateBytes)})`;
}

/** Shows the median, and the least and greatest value where they differ. */
export function spreadCell(values: readonly number[]): string {
  const { min, median, max } = spread(values);
  const format = (value: number) => value.toFixed(max < 10 ? 2 : max < 100 ? 1 : 0);
  return format(median) + (format(min) === format(max) ? '' : ` (${format(min)}–${format(max)})`);
}
