import { HttpError } from '@vitrine/service-kit/http-error';
import type { Request, RequestHandler, Response } from 'express';
import type { Csrf } from './csrf';
import { loginPath, pagePath } from './paths';
import { knownVisitorOf, type Visitor } from './session';

type VisitorHandler = (visitor: Visitor, request: Request, response: Response) => Promise<void>;

/** Who may do what: every handler of a page or form is wrapped in one of these. */
export interface Access {
  forEveryone(handler: (request: Request, response: Response) => Promise<void> | void): RequestHandler;
  /** Strangers are led to the login page, and back afterwards. */
  forVisitors(handler: VisitorHandler): RequestHandler;
  /** As forVisitors, and 403 for who is no admin. */
  forAdmins(handler: VisitorHandler): RequestHandler;
}

/** What is posted needs a form's token as well; it is asked for last, since a session that is over has none. */
export function createAccess(csrf: Csrf): Access {
  const verifyPost = (request: Request) => {
    if (request.method === 'POST') csrf.verify(request);
  };
  const forVisitors: Access['forVisitors'] = (handler) => async (request, response) => {
    const visitor = knownVisitorOf(request);
    if (!visitor) return response.redirect(303, loginPath(pagePath(request)));
    verifyPost(request);
    return handler(visitor, request, response);
  };
  return {
    forEveryone: (handler) => async (request, response) => {
      verifyPost(request);
      await handler(request, response);
    },
    forVisitors,
    forAdmins: (handler) =>
      forVisitors((visitor, request, response) => {
        if (!visitor.is_admin) throw new HttpError(403, 'For admins only');
        return handler(visitor, request, response);
      }),
  };
}

/** Ends a route: any other method is a 405. */
export function onlyAllow(...methods: string[]): RequestHandler {
  const allowed = methods.join(', ');
  return () => {
    throw new HttpError(405, `Method not allowed; use ${allowed}`, { headers: { Allow: allowed } });
  };
}
