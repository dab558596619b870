import { readFileSync } from 'node:fs';

/**
 * A process of this machine. `birth` is its start time as /proc writes it: process ids are used again, but never with
 * the same birth.
 */
export type ProcessInfo = { pid: number; birth: string; isPaused: boolean; residentBytes: number };

/**
 * The process with this id; undefined when there is none or it is a zombie.
 * Source: proc_pid_stat(5), proc_pid_status(5).
 */
export function inspectProcess(pid: number): ProcessInfo | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the program's name in parentheses, may contain spaces and parentheses.
    const [state = '', ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const birth = rest[18];
    if (birth === undefined || isGone(state)) return undefined;
    const residentKb = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return { pid, birth, isPaused: state.startsWith('T'), residentBytes: Number(residentKb ?? 0) * 1024 };
  } catch {
    return undefined;
  }
}

/** A zombie has ended, but its parent has not read its exit status yet. */
function isGone(state: string): boolean {
  return state.startsWith('Z') || state.startsWith('X');
}
