import { HttpError } from '@vitrine/service-kit/http-error';
import { doubleCsrf } from 'csrf-csrf';
import type { Request, Response } from 'express';
import { cookiesOf } from './cookies';
import { sessionIdOf } from './session';

export interface Csrf {
  /** The token for the forms of this page; sets its cookie. */
  token(request: Request, response: Response): string;
  /** Throws {@link ExpiredForm} unless this shop showed the form to this visitor. */
  verify(request: Request): void;
}

/** 403: this shop did not show the form, or not in this session. */
export class ExpiredForm extends HttpError {
  constructor() {
    super(403, 'The form has expired');
  }
}

/** Double-submit tokens: a form's `_csrf` must equal the cookie, whose HMAC binds it to the visitor's session. */
export function createCsrf(secret: string): Csrf {
  const { generateCsrfToken, validateRequest } = doubleCsrf({
    getSecret: () => secret,
    getSessionIdentifier: (request) => sessionIdOf(request) ?? 'anonymous',
    getCsrfTokenFromRequest: (request) => request.body?._csrf,
    cookieName: 'csrf',
  });
  return {
    token(request, response) {
      cookiesOf(request);
      const cookieOptions = { sameSite: 'lax', secure: request.secure, httpOnly: true } as const;
      return generateCsrfToken(request, response, { cookieOptions });
    },
    verify(request) {
      cookiesOf(request);
      if (!validateRequest(request)) throw new ExpiredForm();
    },
  };
}
