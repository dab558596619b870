import { logs } from './registry/kit';

/** What is wrong with one field of a request; `message` completes the sentence "<field> …". */
export interface FieldError {
  field: string;
  message: string;
}

interface HttpErrorOptions {
  errors?: FieldError[];
  headers?: Record<string, string>;
  cause?: unknown;
}

/** A failure that the caller is told about: HTTP status, words for a person, and the fields concerned. */
export class HttpError extends Error {
  readonly status: number;
  readonly errors: FieldError[] | undefined;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, options: HttpErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'HttpError';
    this.status = status;
    this.errors = options.errors;
    this.headers = options.headers ?? {};
  }
}

/** 503 that names the part (a service or a database) that could not be reached in time. */
export function unavailable(part: string, cause?: unknown): HttpError {
  const message = logs.partUnavailable.message.replace('{part}', () => part);
  return new HttpError(503, message, { headers: { 'Retry-After': '1' }, cause });
}
