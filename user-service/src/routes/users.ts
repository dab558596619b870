import type { Api } from '@vitrine/service-kit/api';
import { violatedUniqueKey } from '@vitrine/service-kit/database-error';
import { HttpError } from '@vitrine/service-kit/http-error';
import { id, integer, taken } from '@vitrine/service-kit/input';
import { logEvent } from '@vitrine/service-kit/logger';
import { logs } from '@vitrine/service-kit/registry/shop';
import { z } from 'zod';
import { requireAdministrator, requireUser } from '../caller';
import type { Dependencies } from '../dependencies';
import { registration, user, username as usernameSchema } from '../user';
import { hasUsername, insertUser, listUsers } from '../user-repository';

/** Accounts: register one, read one's own, check a username, list all. */
export function addUserRoutes(api: Api, { database, logger, passwords }: Dependencies): void {
  api.route({
    method: 'post',
    path: '/api/user/create',
    summary: 'Register a user',
    body: registration,
    status: 201,
    reply: z.object({ message: z.string(), result: user }),
    failures: { 409: 'Username or email taken, whatever its case' },
    handler: async ({ body: { password, ...rest } }, { socket }) => {
      const isClientWaiting = () => !socket.destroyed;
      const password_hash = await passwords.runLimited(({ hash }) => hash(password), isClientWaiting);
      const added = await insertUser(database, { ...rest, is_admin: false, password_hash }).catch(
        explainDuplicate,
      );
      logEvent(logger, logs.userRegistered, { 'user.id': String(added.id) });
      return { message: 'User added', result: added };
    },
  });

  api.route({
    method: 'get',
    path: '/api/user',
    summary: 'Whose api key this is',
    needsApiKey: true,
    context: (request) => requireUser(database, request),
    reply: z.object({ result: user }),
    handler: async ({ context }) => ({ result: context }),
  });

  api.route({
    method: 'get',
    path: '/api/user/:username/exists',
    summary: 'Whether the username is taken, whatever its case',
    params: z.object({ username: usernameSchema.meta({ example: 'admin' }) }),
    notFound: cannotFindUsername,
    reply: z.object({ result: z.literal(true) }),
    failures: { 404: 'Nobody has it, or nobody could' },
    handler: async ({ params }) => {
      if (!(await hasUsername(database, params.username))) throw cannotFindUsername();
      return { result: true };
    },
  });

  api.route({
    method: 'get',
    path: '/api/users',
    summary: 'Users by id, a page at a time; administrators only',
    needsApiKey: true,
    context: (request) => requireAdministrator(database, request),
    query: z.object({ limit: integer(1, 100).default(50), after: id.optional() }),
    reply: z.array(user),
    failures: { 403: 'Not an administrator' },
    handler: ({ query: { limit, after = 0 } }) => listUsers(database, { limit, after }),
  });
}

function cannotFindUsername(): HttpError {
  return new HttpError(404, 'Cannot find username');
}

function explainDuplicate(error: unknown): never {
  const key = violatedUniqueKey(error);
  if (key === 'users_username') throw taken('username');
  if (key === 'users_email') throw taken('email');
  throw error;
}
