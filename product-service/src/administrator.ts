import { notLoggedIn, requireApiKey } from '@vitrine/service-kit/api-key';
import { HttpError, unavailable } from '@vitrine/service-kit/http-error';
import type { ServiceClient } from '@vitrine/service-kit/service-client';
import type { Request } from 'express';
import { z } from 'zod';

const callerAnswer = z.object({ result: z.object({ is_admin: z.boolean() }) });

/**
 * Admits only administrators; user-service identifies the caller.
 *
 * @throws HttpError 401 without a valid api key, 403 for others, 503 when user-service fails
 */
export function requireAdministrator(userService: ServiceClient) {
  return async (request: Request): Promise<void> => {
    const answer = await userService.call({ path: '/api/user', apiKey: requireApiKey(request) });
    if (answer.status === 401) throw notLoggedIn();
    const caller = callerAnswer.safeParse(answer.body);
    if (!caller.success) throw unavailable(userService.name, caller.error);
    if (!caller.data.result.is_admin) throw new HttpError(403, 'Only administrators may do this');
  };
}
