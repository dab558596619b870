import { logs } from './registry/kit';

/** Describes a mistake in one field of a request; `message` completes the sentence "<field> …". */
export interface FieldError {
  field: string;
  message: string;
}

/** A failure to report to the caller: HTTP status, message for a person, and the invalid fields. */
export class HttpError extends Error {
  override name = 'HttpError';
  readonly errors: FieldError[] | undefined;
  readonly headers: Record<string, string>;

  constructor(
    readonly status: number,
    message: string,
    options: { errors?: FieldError[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.errors = options.errors;
    this.headers = options.headers ?? {};
  }
}

/** Creates the 503 that names the part (a service or a database) that did not answer in time. */
export function unavailable(part: string, cause?: unknown): HttpError {
  const message = logs.partUnavailable.message.replace('{part}', () => part);
  return new HttpError(503, message, { headers: { 'Retry-After': '1' }, cause });
}
