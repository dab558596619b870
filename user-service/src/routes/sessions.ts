import type { Api } from '@vitrine/service-kit/api';
import { apiKeyOf } from '@vitrine/service-kit/api-key';
import { secretText } from '@vitrine/service-kit/input';
import { logEvent } from '@vitrine/service-kit/logger';
import { logs } from '@vitrine/service-kit/registry/shop';
import { z } from 'zod';
import { deleteApiKey, findUserByApiKey } from '../api-key-repository';
import type { Dependencies } from '../dependencies';
import { logIn } from '../log-in';

/** Any text is valid: a name or password that nobody can have is merely wrong. */
const credentials = z.object({ username: secretText().trim(), password: secretText() });

/** Login, which creates an api key, and logout, which revokes it. */
export function addSessionRoutes(api: Api, dependencies: Dependencies): void {
  const { database, logger } = dependencies;

  api.route({
    method: 'post',
    path: '/api/user/login',
    summary: 'Exchange username and password for a new api key',
    body: credentials,
    reply: z.object({ message: z.string(), api_key: z.string() }),
    failures: {
      401: 'Wrong username or password',
      429: '10 failures for this username within 5 minutes; Retry-After says when to come back, in seconds',
    },
    handler: async ({ body }, { socket }) => {
      const api_key = await logIn(dependencies, body, () => !socket.destroyed);
      return { message: 'Logged in', api_key };
    },
  });

  api.route({
    method: 'post',
    path: '/api/user/logout',
    summary: 'Revoke the api key that the request carries, if any',
    takesApiKey: true,
    reply: z.object({ message: z.string() }),
    handler: async (_input, request) => {
      const key = apiKeyOf(request);
      const caller = key && (await findUserByApiKey(database, key));
      if (!caller || !(await deleteApiKey(database, key))) return { message: 'You are not logged in' };
      logEvent(logger, logs.loggedOut, { 'user.id': String(caller.id) });
      return { message: 'You are logged out' };
    },
  });
}
