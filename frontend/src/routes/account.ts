import { parseInput } from '@vitrine/service-kit/input';
import { logEvent } from '@vitrine/service-kit/logger';
import { logs } from '@vitrine/service-kit/registry/shop';
import { type Request, Router } from 'express';
import { z } from 'zod';
import { onlyAllow } from '../access';
import { asStored, textField } from '../input';
import { redirectWith } from '../notice';
import { loginPath, nextPath } from '../paths';
import { fieldErrors, refusalOf } from '../refusal';
import { beginSession, endSession, knownVisitorOf } from '../session';
import type { Shop } from '../shop';
import type { RegistrationForm, UserService } from '../user-service';

const loginForm = z.object({ username: textField, password: textField, next: textField });
const registrationForm = loginForm.extend({ first_name: textField, last_name: textField, email: textField });

/** Registration, login and logout. A form's `next` is the page that the visitor wanted. */
export function accountRoutes({ access, keptForms, logger, show, users }: Shop): Router {
  const router = Router();

  const showLogin = access.forEveryone((request, response) => {
    show(request, response, 'login', {
      username: '',
      next: nextPath(request.query.next),
      errors: {},
    });
  });

  const login = access.forEveryone(async (request, response, resume) => {
    const { username, password, next: wanted } = parseInput(loginForm, request.body ?? {});
    const next = nextPath(wanted);
    // Throws when sessions are unavailable: the login could not be remembered.
    knownVisitorOf(request);
    let apiKey: string;
    try {
      apiKey = await users.login({ username, password });
    } catch (error) {
      const refusal = refusalOf(error, 400, 401, 429);
      const content = { username, next, errors: fieldErrors(refusal), refusedWith: refusal.status };
      return show(request, response.set(refusal.headers), 'login', content, refusal.status);
    }
    const { id, username: name, first_name, is_admin } = await users.whoIs(apiKey);
    await beginSession(request, { apiKey, id, username: name, first_name, is_admin });
    if (keptForms.resume(request, response, next)) return resume('route');
    response.redirect(303, next);
  });

  const logout = access.forEveryone(async (request, response) => {
    const visitor = knownVisitorOf(request);
    if (!visitor) return response.redirect(303, '/');
    if (isFromElsewhere(request)) return redirectWith(response, '/', { kind: 'stillLoggedIn' });
    await endSession(request, response);
    // The visitor is logged out even if the key cannot be revoked and stays valid until it expires.
    await users
      .logout(visitor.apiKey)
      .catch((error) => logEvent(logger, logs.apiKeyNotRevoked, { err: error }));
    redirectWith(response, '/', { kind: 'loggedOut' });
  });

  const showRegistration = access.forEveryone((request, response) => {
    show(request, response, 'register', { form: {}, next: nextPath(request.query.next), errors: {} });
  });

  const register = access.forEveryone(async (request, response) => {
    const { next: wanted, ...form } = parseInput(registrationForm, request.body ?? {});
    const next = nextPath(wanted);
    try {
      await users.register(form);
    } catch (error) {
      const refusal = refusalOf(error, 400, 409);
      const errors = fieldErrors(refusal);
      if (errors.username === 'taken' && (await isOwnAccount(users, form)))
        return redirectWith(response, loginPath(next), { kind: 'registered' });
      const content = { form, next, errors };
      return show(request, response, 'register', content, refusal.status);
    }
    redirectWith(response, loginPath(next), { kind: 'registered' });
  });

  router.route('/login').get(showLogin).post(login).all(onlyAllow('GET', 'POST'));
  router.route('/logout').get(logout).all(onlyAllow('GET'));
  router.route('/register').get(showRegistration).post(register).all(onlyAllow('GET', 'POST'));
  return router;
}

/**
 * Whether the account that has the username is this form's own, because the form was sent twice: the password opens it
 * and all else is equal. A wrong password counts as a failed login, so nobody can guess more often here than there.
 */
async function isOwnAccount(users: UserService, form: RegistrationForm): Promise<boolean> {
  try {
    const apiKey = await users.login(form);
    const account = await users.whoIs(apiKey);
    await users.logout(apiKey);
    const isEqual = (name: 'first_name' | 'last_name' | 'email') => account[name] === asStored(form[name]);
    return isEqual('first_name') && isEqual('last_name') && isEqual('email');
  } catch (error) {
    refusalOf(error, 400, 401, 429);
    return false;
  }
}

/**
 * Whether a page of another site or port made the browser send this request. A logout is a link, which no form token
 * protects. Older browsers, and all on plain HTTP to another machine, do not tell.
 */
function isFromElsewhere(request: Request): boolean {
  return ['cross-site', 'same-site'].includes(request.get('Sec-Fetch-Site') ?? '');
}
