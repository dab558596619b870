import { type DestinationStream, type LogFn, type Logger, pino, stdTimeFunctions } from 'pino';
import { maskFields, maskText } from './mask';
import type { LogDeclaration, Values } from './registry/declaration';

export type { Logger };

/**
 * JSON lines, on stdout unless there is another destination. Secrets and e-mail addresses are masked everywhere; of
 * an error only type, message, code and stack are written (a database error also carries the statement with its values).
 */
export function createLogger(options: { level: string }, destination?: DestinationStream): Logger {
  const settings = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: maskFields },
    serializers: { err: describeError },
    hooks: { logMethod: maskMessage },
  };
  return destination ? pino(settings, destination) : pino(settings);
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

function maskMessage(this: Logger, args: unknown[], method: LogFn): void {
  // Without a message pino would take the error's, as it is.
  const error = args.length === 1 ? errorIn(args[0]) : undefined;
  const all = error ? [...args, error.message] : args;
  Reflect.apply(
    method,
    this,
    all.map((arg) => (typeof arg === 'string' ? maskText(arg) : arg)),
  );
}

function errorIn(subject: unknown): Error | undefined {
  if (subject instanceof Error) return subject;
  if (typeof subject !== 'object' || subject === null || !('err' in subject)) return undefined;
  return subject.err instanceof Error ? subject.err : undefined;
}

interface ErrorDescription {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: ErrorDescription;
}

function describeError(error: unknown): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: maskText(String(error)) };
  return {
    type: error.name,
    message: maskText(error.message),
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    ...(error.stack && { stack: maskText(error.stack) }),
    ...(error.cause instanceof Error && { cause: describeError(error.cause) }),
  };
}
