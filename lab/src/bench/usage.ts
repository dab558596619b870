import { readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second, whatever the machine. Source: proc_pid_stat(5). */
const TICKS_A_SECOND = 100;

/** Returns the CPU seconds that a process has used, user and kernel together. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** Returns the bytes that no other process shares, which ending this one would free. Source: proc_pid_smaps(5). */
export function privateBytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const amounts = [...rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm)];
  return amounts.reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1024, 0);
}
