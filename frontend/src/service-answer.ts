import { HttpError, unavailable } from '@vitrine/service-kit/http-error';
import type { ServiceClient, ServiceRequest } from '@vitrine/service-kit/service-client';
import { z } from 'zod';

const refusal = z
  .object({
    message: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .catch({ message: 'Refused' });

/**
 * Calls a service and parses its answer with the schema `answer`.
 *
 * @throws HttpError with the service's own status, fields and Retry-After when it refuses; 503 when it is unavailable
 * or its answer is invalid
 */
export async function ask<Schema extends z.ZodType>(
  service: ServiceClient,
  request: ServiceRequest,
  answer: Schema,
): Promise<z.output<Schema>> {
  const { status, headers, body } = await service.call(request);
  if (status >= 400) {
    const { message, errors = [] } = refusal.parse(body);
    const retryAfter = headers['retry-after'];
    throw new HttpError(status, message, {
      errors,
      headers: retryAfter ? { 'Retry-After': retryAfter } : {},
    });
  }
  const result = answer.safeParse(body);
  if (!result.success) throw unavailable(service.name, result.error);
  return result.data;
}
