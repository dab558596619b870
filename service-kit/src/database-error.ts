const ER_DUP_ENTRY = 1062;
const ER_LOCK_DEADLOCK = 1213;
/** The codes of MySQL and MariaDB. */
const CHECK_VIOLATIONS = new Set([3819, 4025]);
/** Too many connections, access denied, shutdown in progress, lock wait timeout, interrupted, too many prepared statements. */
const NOT_NOW = new Set([1040, 1045, 1053, 1203, 1205, 1317, 1461, 1927]);
const CONNECTION_LOST = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

export class DeadlinePassed extends Error {
  override name = 'DeadlinePassed';
}

/** Returns the name of the unique key that a statement violated; undefined for any other error. */
export function violatedUniqueKey(error: unknown): string | undefined {
  if (errorNumber(error) !== ER_DUP_ENTRY || !(error instanceof Error)) return undefined;
  // MySQL writes 'table.key', MariaDB 'key'. The client's value stands before it and may contain quotes.
  return /for key '(?:[^'.]*\.)?([^'.]+)'$/.exec(error.message)?.[1];
}

export const isCheckViolation = (error: unknown) => CHECK_VIOLATIONS.has(errorNumber(error));

export const isDeadlock = (error: unknown) => errorNumber(error) === ER_LOCK_DEADLOCK;

/** Tells whether the database could not be reached or could not answer now, as opposed to a bug or a bad statement. */
export function isUnavailability(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof DeadlinePassed) return true;
  // mysql2 marks errors that end the connection.
  if ('fatal' in error && error.fatal === true) return true;
  if ('code' in error && CONNECTION_LOST.has(String(error.code))) return true;
  if (/^(Queue limit reached|Pool is closed|Can't add new command when connection)/.test(error.message))
    return true;
  return NOT_NOW.has(errorNumber(error));
}

/** Returns the database's error code; 0 for any other error. */
export function errorNumber(error: unknown): number {
  return error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
}
