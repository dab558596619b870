import { HttpError } from '@vitrine/service-kit/http-error';
import { doubleCsrf } from 'csrf-csrf';
import type { Request, Response } from 'express';
import { cookiesOf } from './cookies';
import { sessionIdOf } from './session';

export interface Csrf {
  /** The token for the forms of this page; sets its cookie. */
  token(request: Request, response: Response): string;
  /** Whether this shop showed the form to this visitor. */
  isValid(request: Request): boolean;
  /** Whether this shop showed the form to this browser before its visitor logged in. */
  isOfStranger(request: Request): boolean;
}

/** 403: this shop did not show the form, or not in this session. */
export class ExpiredForm extends HttpError {
  constructor() {
    super(403, 'The form has expired');
  }
}

const STRANGER = 'anonymous';

/** Double-submit tokens: a form's `_csrf` must equal the cookie, whose HMAC binds it to the visitor's session. */
export function createCsrf(secret: string): Csrf {
  const tokensFor = (getSessionIdentifier: (request: Request) => string) =>
    doubleCsrf({
      getSecret: () => secret,
      getSessionIdentifier,
      getCsrfTokenFromRequest: (request) => request.body?._csrf,
      cookieName: 'csrf',
    });
  const { generateCsrfToken, validateRequest } = tokensFor((request) => sessionIdOf(request) ?? STRANGER);
  const ofStrangers = tokensFor(() => STRANGER);
  return {
    token(request, response) {
      cookiesOf(request);
      const cookieOptions = { sameSite: 'lax', secure: request.secure, httpOnly: true } as const;
      return generateCsrfToken(request, response, { cookieOptions });
    },
    isValid(request) {
      cookiesOf(request);
      return validateRequest(request);
    },
    isOfStranger(request) {
      cookiesOf(request);
      return ofStrangers.validateRequest(request);
    },
  };
}
