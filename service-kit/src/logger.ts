import { format } from 'node:util';
import { type DestinationStream, type LogFn, type Logger, pino, stdTimeFunctions } from 'pino';
import { describeError, fieldsOf, maskFields, maskText } from './mask';
import type { LogDeclaration, Values } from './registry/declaration';

export type { Logger };

/**
 * Lines go out a few at a time, since a write for each takes longer than the line itself. What is left when the process
 * ends, even by an error, is written then; only SIGKILL takes the last quarter of a second with it.
 */
const BUFFERED_STDOUT = { dest: 1, sync: false, minLength: 4096, periodicFlush: 250 };

/**
 * Writes JSON lines, on stdout unless there is another destination; the instrumentation of pino adds the trace, and makes
 * log records of the lines. Secrets and e-mail addresses are masked everywhere. Of an error the line has type, message,
 * stack and a few fields: a database error also carries the statement with its values.
 */
export function createLogger(options: { level: string }, destination?: DestinationStream): Logger {
  const settings = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // An error is described before; pino would take the description for an error.
    serializers: { err: (described: unknown) => described },
    hooks: { logMethod: writeMasked },
  };
  return pino(settings, destination ?? pino.destination(BUFFERED_STDOUT));
}

/** Writes a declared log event. */
export function logEvent<const Declaration extends LogDeclaration>(
  logger: Logger,
  { level, message }: Declaration,
  fields: Values<Declaration['fields']>,
): void {
  const record: object = fields;
  logger[level](record, message);
}

function writeMasked(this: Logger, args: unknown[], write: LogFn): void {
  const [first, ...others] = args;
  const hasFields = typeof first === 'object' && first !== null;
  const { err, ...fields }: { err?: unknown } = !hasFields
    ? {}
    : first instanceof Error
      ? { err: first }
      : first;
  const words = hasFields || first === undefined ? others : args;
  const error = err === undefined ? undefined : describeError(err);
  const message = words.length > 0 ? maskText(format(...words.map(maskWord))) : error?.message;
  const masked = maskFields(fields);
  // Fields within `err` would not survive into the log record: the instrumentation takes type, message and stack.
  write.call(this, error ? { ...masked, ...fieldsOf(err), err: error } : masked, message);
}

/** What is put into a message has keys, too. */
function maskWord(word: unknown): unknown {
  return typeof word === 'object' && word !== null ? maskFields({ word }).word : word;
}
