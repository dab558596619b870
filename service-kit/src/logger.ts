import { type Logger, pino, stdTimeFunctions } from 'pino';
import { maskFields, maskText } from './mask';

export type { Logger };

/**
 * JSON lines on stdout. Secrets and e-mail addresses are masked in all fields; of an error only type, message, code
 * and stack are written (a database error also carries the statement with its values).
 */
export function createLogger(options: { level: string }): Logger {
  return pino({
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: maskFields },
    serializers: { err: describeError },
  });
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
