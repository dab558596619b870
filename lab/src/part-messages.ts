import { LabError } from './lab-error.ts';
import type { PartName } from './part-names.ts';

// What both modes say.

export function notRunning(part: PartName): LabError {
  return new LabError(`${part} is not running; ./vitrine start ${part} starts it.`);
}

export function notPaused(part: PartName): LabError {
  return new LabError(`${part} was not paused.`);
}

/** A service does not get ready without its own database. */
export function databaseAway(
  service: PartName,
  database: PartName,
  state: 'not running' | 'paused',
): LabError {
  return new LabError(
    `${database} is ${state}, and ${service} cannot start without it: ./vitrine start ${database}`,
  );
}

/** Of a paused part that was asked to start. */
export function goesOn(part: PartName): string {
  return `${part} was paused, and goes on.`;
}
