import { HttpError } from '@vitrine/service-kit/http-error';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { type Csrf, ExpiredForm } from './csrf';
import { isResumed, type KeptForms } from './kept-form';
import { redirectWith } from './notice';
import { loginPath, pagePath } from './paths';
import { knownVisitorOf, type Visitor } from './session';

type VisitorHandler = (visitor: Visitor, request: Request, response: Response) => Promise<void>;

/** Access control: one of these wraps every handler of a page or form. */
export interface Access {
  forEveryone(
    handler: (request: Request, response: Response, next: NextFunction) => Promise<void> | void,
  ): RequestHandler;
  /** Redirects anonymous visitors to the login page, and back afterwards. A form that they sent is done then. */
  forVisitors(handler: VisitorHandler): RequestHandler;
  /** Adds a 403 for visitors who are not admins. */
  forAdmins(handler: VisitorHandler): RequestHandler;
}

/** Posts must carry a form's token too. It is verified last, since the token of an expired session is invalid. */
export function createAccess(csrf: Csrf, keptForms: KeptForms): Access {
  const forVisitors: Access['forVisitors'] = (handler) => async (request, response) => {
    const visitor = knownVisitorOf(request);
    if (visitor) {
      if (request.method === 'POST' && !csrf.isValid(request) && !isResumed(request)) throw new ExpiredForm();
      return handler(visitor, request, response);
    }
    const login = loginPath(pagePath(request));
    if (request.method !== 'POST') return response.redirect(303, login);
    const isKept = csrf.isValid(request) && keptForms.keep(request, response);
    redirectWith(response, login, { kind: isKept ? 'formKept' : 'formLost' });
  };
  return {
    forEveryone: (handler) => async (request, response, next) => {
      // The forms for strangers may come twice, and then a second time when the first has logged the visitor in.
      if (request.method === 'POST' && !csrf.isValid(request) && !csrf.isOfStranger(request))
        throw new ExpiredForm();
      await handler(request, response, next);
    },
    forVisitors,
    forAdmins: (handler) =>
      forVisitors((visitor, request, response) => {
        if (!visitor.is_admin) throw new HttpError(403, 'For admins only');
        return handler(visitor, request, response);
      }),
  };
}

/** Answers every other method of a route with 405. */
export function onlyAllow(...methods: string[]): RequestHandler {
  const allowed = methods.join(', ');
  return () => {
    throw new HttpError(405, `Method not allowed; use ${allowed}`, { headers: { Allow: allowed } });
  };
}
