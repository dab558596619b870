import { LabError } from './lab-error.ts';
import type { PartName } from './part-names.ts';
import type { PartStatus } from './stack.ts';

export function notRunning(part: PartName): LabError {
  return new LabError(`${part} is not running; ./vitrine start ${part} starts it.`);
}

/** The shop has no such part; `others` says which ones it has. */
export function notAPart(part: PartName, others: string): LabError {
  if (part === 'alertmanager')
    return new LabError('alertmanager is a part of a shop that was started with ALERTING=on.');
  return new LabError(`${part} is not ${others}.`);
}

/** Why a part of other shops is not available: the overlay leaves it out. */
export const notInNamespace = 'not in this namespace';

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

/** Throws a LabError while parts are being compiled: what was asked for needs them all. */
export function refuseWhileCompiling(parts: readonly PartStatus[]): void {
  const names = parts.filter(({ state }) => state === 'being compiled').map(({ part }) => part);
  if (names.length === 0) return;
  const are = names.length === 1 ? 'is' : 'are';
  throw new LabError(
    `${names.join(', ')} ${are} still being compiled. Ask again when ./vitrine status says that all is ready.`,
  );
}

/** The failure of a restart after which the part runs with the program and the configuration that it had before. */
export function runsAsBefore(part: PartName, failure: unknown): unknown {
  if (!(failure instanceof LabError)) return failure;
  return new LabError(`${failure.message}\n\n${part} runs as it did before.`);
}

/** Ends the failure of a service that was tried beside the running one, on the same database. */
export const migrationsStay = '\nMigrations that it has already run stay in the database.';

/** What helps a part whose log ends like this, on a line of its own; empty when that is not known. */
export function remedyFor(log: string): string {
  if (!log.includes('Access denied for user')) return '';
  return '\nIts database was started with other passwords than those in .env: ./vitrine restart <database>';
}

/** The report of a `start` that found the part paused. */
export function wasResumed(part: PartName): string {
  return `${part} was paused and is resumed.`;
}
