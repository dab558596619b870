import { alignColumns } from '../status-table.ts';
import type { Figure } from './snapshot.ts';

/** The figures of two snapshots side by side; `headings` name these. */
export function compareTable(
  before: readonly Figure[],
  after: readonly Figure[],
  headings: readonly [string, string],
): string[] {
  const keyOf = ({ what, of }: Figure) => `${what}/${of ?? ''}`;
  const valuesOf = (figures: readonly Figure[]) => new Map(figures.map((one) => [keyOf(one), one.value]));
  const [old, present] = [valuesOf(before), valuesOf(after)];
  const all = new Map([...before, ...after].map((figure) => [keyOf(figure), figure]));
  // What is new stands among its kind.
  const inOrder = [...Map.groupBy(all.values(), ({ what }) => what).values()].flat();
  const rows = inOrder.map((figure) => {
    const values = [old.get(keyOf(figure)), present.get(keyOf(figure))] as const;
    return [
      figure.of === undefined ? figure.what : `  ${figure.of}`,
      ...values.map(digits),
      change(...values),
    ];
  });
  return alignNumbers([['', ...headings, 'change'], ...rows]);
}

/** Moves the cells of all columns but the first to the right. */
function alignNumbers(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(...rows.flatMap(([, ...cells]) => cells.map(({ length }) => length)));
  return alignColumns(
    rows.map(([label = '', ...cells]) => [label, ...cells.map((cell) => cell.padStart(width))]),
  );
}

function digits(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(value < 100 ? 1 : 0);
}

function change(before = 0, after = 0): string {
  if (before === 0) return after === 0 ? '' : 'new';
  const percent = Math.round((after / before - 1) * 100);
  return `${percent > 0 ? '+' : ''}${percent} %`;
}
