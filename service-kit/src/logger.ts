import { format } from 'node:util';
import { type DestinationStream, type LogFn, type Logger, pino, stdTimeFunctions } from 'pino';
import { describeError, fieldsOf, maskFields, maskText } from './mask';
import type { LogDeclaration, Values } from './registry/declaration';

export type { Logger };

/**
 * Groups lines, because a write for each takes longer than making it. pino writes the rest when the process ends, even
 * by an error; only SIGKILL loses the last quarter of a second.
 */
const BUFFERED_STDOUT = { dest: 1, sync: false, minLength: 4096, periodicFlush: 250 };

/**
 * Creates a logger of JSON lines, on stdout by default; the instrumentation of pino adds trace ids and sends each line as
 * a log record. Secrets and e-mail addresses are masked everywhere. Errors keep their type, message, stack and a few
 * fields only, because a database error also holds the statement with its values.
 */
export function createLogger(options: { level: string }, destination?: DestinationStream): Logger {
  const settings = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // writeMasked has already described the error.
    serializers: { err: (description: unknown) => description },
    hooks: { logMethod: writeMasked },
  };
  return pino(settings, destination ?? pino.destination(BUFFERED_STDOUT));
}

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
  // The error's fields stand beside `err`: the instrumentation takes only type, message and stack from it.
  write.call(this, error ? { ...masked, ...fieldsOf(err), err: error } : masked, message);
}

/** Masks an object that is formatted into the message by its keys, too. */
function maskWord(word: unknown): unknown {
  return typeof word === 'object' && word !== null ? maskFields({ word }).word : word;
}
