import type { Facts } from './facts.ts';

/** The time that a report is about: all phases, and the fault. */
export function timeAxis({ phases, fault }: Pick<Facts, 'phases' | 'fault'>) {
  const startMs = Math.min(fault.startMs, ...phases.map((phase) => phase.startMs));
  const ends = [fault.endMs ?? 0, ...phases.map((phase) => phase.endMs)];
  const endMs = Math.max(fault.startMs + 1000, ...ends);
  /** Seconds from the start of the fault. */
  const second = (ms: number) => (ms - fault.startMs) / 1000;
  /** How far a time is along the axis: 0 at its start, 1 at its end. */
  const share = (ms: number) => (ms - startMs) / (endMs - startMs);
  return { startMs, endMs, second, share, ticks: ticks(second(startMs), second(endMs)) };
}

/** The times at which an alert changed, in order. */
export function alertStates({ pendingMs, firingMs, resolvedMs }: Facts['alerts'][number]) {
  return [
    { state: 'pending', atMs: pendingMs },
    { state: 'firing', atMs: firingMs },
    { state: 'resolved', atMs: resolvedMs },
  ].filter((change): change is { state: string; atMs: number } => change.atMs !== undefined);
}

/** Round seconds, at most nine of them. */
function ticks(start: number, end: number): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400];
  const step = steps.find((step) => (end - start) / step <= 8) ?? 86_400;
  const first = Math.ceil(start / step);
  return Array.from({ length: Math.floor(end / step) - first + 1 }, (_, index) => (first + index) * step);
}
