import { HttpError } from '@vitrine/service-kit/http-error';

/**
 * The service's refusal with one of `statuses`, with which the form is shown again. Any other error is rethrown.
 */
export function refusalOf(error: unknown, ...statuses: number[]): HttpError {
  if (error instanceof HttpError && statuses.includes(error.status)) return error;
  throw error;
}

/** The kind of error of each refused field. */
export function fieldErrors({ status, errors = [] }: HttpError): Record<string, 'invalid' | 'taken'> {
  return Object.fromEntries(errors.map(({ field }) => [field, status === 409 ? 'taken' : 'invalid']));
}
