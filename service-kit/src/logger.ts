import { format } from 'node:util';
import { logs as recordsApi, trace } from '@opentelemetry/api';
import { type DestinationStream, type LogFn, type Logger, levels, pino, stdTimeFunctions } from 'pino';
import { describeError, type ErrorDescription, maskFields, maskText } from './mask';
import type { LogDeclaration, Values } from './registry/declaration';

export type { Logger };

const records = recordsApi.getLogger('vitrine');

/**
 * Lines go out a few at a time, since a write for each takes longer than the line itself. What is left when the process
 * ends, even by an error, is written then; only SIGKILL takes the last quarter of a second with it.
 */
const BUFFERED_STDOUT = { dest: 1, sync: false, minLength: 4096, periodicFlush: 250 };

/**
 * Writes JSON lines, on stdout unless there is another destination, and hands the same on as log records. Secrets and
 * e-mail addresses are masked everywhere; of an error only type, message, code and stack are told (a database error also
 * carries the statement with its values).
 */
export function createLogger(options: { level: string }, destination?: DestinationStream): Logger {
  const settings = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: traceFields,
    // As it was described: pino's own would take it for an error once more.
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

/** What leads from a line to its trace. */
function traceFields() {
  const span = trace.getActiveSpan()?.spanContext();
  return span ? { trace_id: span.traceId, span_id: span.spanId } : {};
}

function writeMasked(this: Logger, args: unknown[], write: LogFn, level: number): void {
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
  const attributes = maskFields(fields);
  write.call(this, error ? { ...attributes, err: error } : attributes, message);
  records.emit({
    // 1, 5, 9 … for pino's 10, 20, 30 … https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
    severityNumber: (level / 10) * 4 - 3,
    severityText: levels.labels[level] ?? '',
    body: message,
    attributes,
    ...(error && { exception: { ...error, name: error.type, stack: stackOf(error) } }),
  });
}

/** What is put into a message has keys, too. */
function maskWord(word: unknown): unknown {
  return typeof word === 'object' && word !== null ? maskFields({ word }).word : word;
}

/** With those of its causes: OTLP has one stack for an exception. */
function stackOf({ stack = '', cause }: ErrorDescription): string {
  return cause ? `${stack}\nCaused by: ${stackOf(cause)}` : stack;
}
