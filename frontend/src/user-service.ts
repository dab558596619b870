import type { ServiceClient } from '@vitrine/service-kit/service-client';
import { z } from 'zod';
import { ask } from './service-answer';

const user = z.object({
  id: z.int(),
  username: z.string(),
  email: z.string(),
  first_name: z.string(),
  last_name: z.string(),
  is_admin: z.boolean(),
});

export type User = z.output<typeof user>;

/** The form as it was typed; user-service checks it. */
export type RegistrationForm = Record<'first_name' | 'last_name' | 'email' | 'username' | 'password', string>;

const loggedIn = z.object({ api_key: z.string() });
const oneUser = z.object({ result: user });
const anything = z.unknown();
const manyUsers = z.array(user);

/** Accounts of user-service. Refusals are thrown as HttpError. */
export interface UserService {
  register(form: RegistrationForm): Promise<void>;
  /** Resolves to a new api key. */
  login(credentials: { username: string; password: string }): Promise<string>;
  /** Revokes the api key. */
  logout(apiKey: string): Promise<void>;
  whoIs(apiKey: string): Promise<User>;
  /** A page of users ordered by id, for admins. */
  users(apiKey: string, page: { limit: number; after?: number | undefined }): Promise<User[]>;
}

export function createUserService(service: ServiceClient): UserService {
  return {
    async register(form) {
      await ask(service, { method: 'POST', path: '/api/user/create', body: form }, anything);
    },
    async login({ username, password }) {
      const body = { username, password };
      const request = { method: 'POST', path: '/api/user/login', body } as const;
      return (await ask(service, request, loggedIn)).api_key;
    },
    async logout(apiKey) {
      await ask(service, { method: 'POST', path: '/api/user/logout', apiKey }, anything);
    },
    async whoIs(apiKey) {
      return (await ask(service, { path: '/api/user', apiKey }, oneUser)).result;
    },
    users(apiKey, { limit, after }) {
      const query = new URLSearchParams({ limit: String(limit), ...(after && { after: String(after) }) });
      return ask(service, { path: `/api/users?${query}`, apiKey }, manyUsers);
    },
  };
}
