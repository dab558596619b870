import { notLoggedIn, requireApiKey } from '@vitrine/service-kit/api-key';
import type { Queryable } from '@vitrine/service-kit/database';
import { HttpError } from '@vitrine/service-kit/http-error';
import type { Request } from 'express';
import { findUserByApiKey } from './api-key-repository';
import type { User } from './user';

/** The owner of the request's api key. @throws HttpError 401 without a valid key */
export async function requireUser(database: Queryable, request: Request): Promise<User> {
  const caller = await findUserByApiKey(database, requireApiKey(request));
  if (!caller) throw notLoggedIn();
  return caller;
}

/** The administrator who calls. @throws HttpError 401 without a valid key, 403 for other users */
export async function requireAdministrator(database: Queryable, request: Request): Promise<User> {
  const caller = await requireUser(database, request);
  if (!caller.is_admin) throw new HttpError(403, 'Only administrators may do this');
  return caller;
}
