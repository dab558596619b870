import { HttpError } from '@vitrine/service-kit/http-error';

/**
 * The service's refusal of what was typed, for the form to be shown again with it. Statuses other than these, and
 * any other failure, are thrown on.
 */
export function refusalOf(error: unknown, ...statuses: number[]): HttpError {
  if (error instanceof HttpError && statuses.includes(error.status)) return error;
  throw error;
}

/** Which words a field needs: what is wrong with it, by its name. */
export function fieldErrors({ status, errors = [] }: HttpError): Record<string, 'invalid' | 'taken'> {
  return Object.fromEntries(errors.map(({ field }) => [field, status === 409 ? 'taken' : 'invalid']));
}
