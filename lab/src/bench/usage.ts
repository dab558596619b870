import { readdirSync, readFileSync } from 'node:fs';
import { foldersOf } from '../home.ts';
import { LabError } from '../lab-error.ts';
import { partProcess } from '../native/part-process.ts';
import type { PartName } from '../part-names.ts';
import { inspectProcess } from '../process-table.ts';

/** Linux counts CPU time in hundredths of a second, whatever the machine. Source: proc_pid_stat(5). */
const TICKS_A_SECOND = 100;

/** Figures by the name of a part, a page and the like. */
export type Figures = Readonly<Record<string, number>>;

/** Process ids by the name of a part. */
export type ProcessIds = Readonly<Record<string, number>>;

export type Memory = { part: string; residentBytes: number; privateBytes: number };

/** What the processes of a shop use. Both functions throw a LabError when a part has ended. */
export type Usage = {
  /** Returns the CPU seconds that each part has used so far. */
  cpuSeconds: () => Figures;
  memory: () => Memory[];
};

/** Finds the processes of parts of the native shop in `home`. Throws a LabError when one does not run. */
export function pidsOf(home: string, parts: readonly PartName[]): ProcessIds {
  const pids = parts.map((part) => {
    const now = partProcess(part, foldersOf(home)).readState();
    if (now.state === 'running') return [part, now.process.pid] as const;
    throw new LabError(
      `${part} does not run natively: ./start.sh --native starts it, and ./vitrine backends says what it lacks.`,
    );
  });
  return Object.fromEntries(pids);
}

/** Reads the usage of a shop's parts, given by their process ids. The descendants of a process count as the part's own. */
export function usageOf(pids: ProcessIds): Usage {
  const ofEach = <Result>(read: (part: string, family: readonly number[]) => Result): Result[] => {
    const children = childrenByParent();
    return Object.entries(pids).map(([part, pid]) => {
      if (inspectProcess(pid) === undefined) throw new LabError(`${part} (process ${pid}) has ended.`);
      return read(part, familyOf(pid, children));
    });
  };
  return {
    cpuSeconds: () => Object.fromEntries(ofEach((part, family) => [part, sum(family.map(cpuSeconds))])),
    memory: () =>
      ofEach((part, family) => ({
        part,
        residentBytes: sum(family.map((pid) => inspectProcess(pid)?.residentBytes ?? 0)),
        privateBytes: sum(family.map(privateBytes)),
      })),
  };
}

/** Returns the CPU seconds that a process has used, user and kernel together, with those of its children that have ended. */
export function cpuSeconds(pid: number): number {
  return sum(statOf(pid).slice(11, 15).map(Number)) / TICKS_A_SECOND;
}

/** Returns what each part used for one of `count` requests or trips, in CPU milliseconds. */
export function cpuMsEach(before: Figures, after: Figures, count: number): Figures {
  const used = Object.entries(after).map(([part, seconds]) => [part, seconds - (before[part] ?? 0)] as const);
  return Object.fromEntries(used.map(([part, seconds]) => [part, (seconds * 1000) / count]));
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Returns the bytes that no other process shares, which ending this one would free. Source: proc_pid_smaps(5). */
function privateBytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const amounts = [...rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm)];
  return sum(amounts.map(([, kilobytes]) => Number(kilobytes) * 1024));
}

function familyOf(pid: number, children: ReadonlyMap<number, readonly number[]>): readonly number[] {
  return [pid, ...(children.get(pid) ?? []).flatMap((child) => familyOf(child, children))];
}

function childrenByParent(): ReadonlyMap<number, readonly number[]> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return Map.groupBy(pids.map(Number), parentOf);
}

function parentOf(pid: number): number {
  try {
    return Number(statOf(pid)[1]);
  } catch {
    // It has ended since it was listed.
    return 0;
  }
}

/** The fields of /proc/<pid>/stat from the third one on; the second, the program's name, may contain anything. */
function statOf(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
