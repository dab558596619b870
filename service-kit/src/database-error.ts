import { HttpError } from './http-error';

const ER_DUP_ENTRY = 1062;
const ER_LOCK_DEADLOCK = 1213;
/** MySQL's and MariaDB's. */
const CHECK_VIOLATIONS = new Set([3819, 4025]);
/** Too many connections, access denied, shutdown in progress, lock wait timeout, statement interrupted. */
const NOT_NOW = new Set([1040, 1045, 1053, 1203, 1205, 1317, 1927]);
const CONNECTION_LOST = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** The work had not ended when its time was over. */
export class DeadlinePassed extends Error {
  override name = 'DeadlinePassed';
}

/** The name of the unique key that a statement ran into; undefined for any other error. */
export function violatedUniqueKey(error: unknown): string | undefined {
  if (errorNumber(error) !== ER_DUP_ENTRY || !(error instanceof Error)) return undefined;
  // MySQL writes 'table.key', MariaDB 'key'; the value before it is the client's and may hold quotes.
  return /for key '(?:[^'.]*\.)?([^'.]+)'$/.exec(error.message)?.[1];
}

/** Whether a statement was refused by a CHECK constraint. */
export function isCheckViolation(error: unknown): boolean {
  return CHECK_VIOLATIONS.has(errorNumber(error) ?? 0);
}

/** Whether a transaction was rolled back so that another one could go on. */
export function isDeadlock(error: unknown): boolean {
  return errorNumber(error) === ER_LOCK_DEADLOCK;
}

/** Connection lost or refused (mysql2 marks those fatal), no connection in time, or a server that cannot answer now. */
export function isUnavailability(error: unknown): boolean {
  if (error instanceof HttpError || !(error instanceof Error)) return false;
  if (error instanceof DeadlinePassed) return true;
  if ('fatal' in error && error.fatal === true) return true;
  if ('code' in error && CONNECTION_LOST.has(String(error.code))) return true;
  if (/^(Queue limit reached|Pool is closed|Can't add new command when connection)/.test(error.message)) {
    return true;
  }
  return NOT_NOW.has(errorNumber(error) ?? 0);
}

function errorNumber(error: unknown): number | undefined {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number'
    ? error.errno
    : undefined;
}
