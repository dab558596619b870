import type { PartStatus } from './stack.ts';

/** The parts as aligned lines of text with a heading. Uptimes end at `nowMs`. */
export function statusTable(parts: readonly PartStatus[], nowMs: number): string[] {
  const rows = parts.map((status) => [
    status.part,
    status.state,
    status.pid?.toString() ?? '',
    status.residentBytes === undefined ? '' : (status.residentBytes / 1024 / 1024).toFixed(0),
    status.startedAt === undefined ? '' : duration(nowMs - status.startedAt.getTime()),
    status.address,
    status.detail ?? '',
  ]);
  const heading = ['part', 'state', 'pid', 'RSS MB', 'up', 'address', ''];
  // Only native mode knows the processes.
  const isShown = (column: number) => heading[column] === '' || rows.some((row) => row[column] !== '');
  return alignColumns([heading, ...rows].map((row) => row.filter((_, column) => isShown(column))));
}

/** Each row as a line of text, with aligned columns. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Formats a duration as `42s`, `3m 20s`, `5h 12m` or `2d 3h`. */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h ${Math.floor((seconds % 3600) / 60)}m`;
  return `${Math.floor(seconds / 86_400)}d ${Math.floor((seconds % 86_400) / 3600)}h`;
}
