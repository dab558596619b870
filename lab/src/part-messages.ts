import { LabError } from './lab-error.ts';
import type { PartName } from './part-names.ts';

export function notRunning(part: PartName): LabError {
  return new LabError(`${part} is not running; ./vitrine start ${part} starts it.`);
}

export function notPaused(part: PartName): LabError {
  return new LabError(`${part} was not paused.`);
}

export function databaseNotRunning(
  service: PartName,
  database: PartName,
  state: 'not running' | 'paused',
): LabError {
  return new LabError(
    `${database} is ${state}, and ${service} cannot start without it: ./vitrine start ${database}`,
  );
}

/** The report of a `start` that found the part paused. */
export function wasResumed(part: PartName): string {
  return `${part} was paused and is resumed.`;
}
