import { HttpError } from '@vitrine/service-kit/http-error';
import type { Request, RequestHandler, Response } from 'express';
import type { Csrf } from './csrf';
import { loginPath, pagePath } from './paths';
import { knownVisitorOf, type Visitor } from './session';

type VisitorHandler = (visitor: Visitor, request: Request, response: Response) => Promise<void>;

/** Access control: one of these wraps every handler of a page or form. */
export interface Access {
  forEveryone(handler: (request: Request, response: Response) => Promise<void> | void): RequestHandler;
  /** Redirects anonymous visitors to the login page, and back afterwards. */
  forVisitors(handler: VisitorHandler): RequestHandler;
  /** Adds a 403 for visitors who are not admins. */
  forAdmins(handler: VisitorHandler): RequestHandler;
}

/** Posts must carry a form's token too. It is verified last, since the token of an expired session is invalid. */
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

/** Answers every other method of a route with 405. */
export function onlyAllow(...methods: string[]): RequestHandler {
  const allowed = methods.join(', ');
  return () => {
    throw new HttpError(405, `Method not allowed; use ${allowed}`, { headers: { Allow: allowed } });
  };
}
