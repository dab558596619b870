import { promisify } from 'node:util';
import { type Logger, logEvent } from '@vitrine/service-kit/logger';
import { logs } from '@vitrine/service-kit/registry/shop';
import type { Request, RequestHandler, Response } from 'express';
import session, { type Store } from 'express-session';
import { cookiesOf } from './cookies';
import type { User } from './user-service';

/** A logged-in user, with the api key for calls on the user's behalf. */
export interface Visitor extends Pick<User, 'id' | 'username' | 'first_name' | 'is_admin'> {
  apiKey: string;
}

declare module 'express-session' {
  interface SessionData {
    visitor: Visitor;
  }
}

/** The default lifetime of an api key. */
const SESSION_MS = 24 * 60 * 60 * 1000;
const COOKIE = 'session';

/** The error for each request whose session could not be read. */
const failures = new WeakMap<Request, unknown>();

/**
 * Reads the sessions of logged-in visitors. Anonymous visitors get no cookie and cost no query; their GET requests get
 * no session object either. When the database is unavailable, the request continues without a session and keeps its
 * cookie.
 */
export function readSessions(options: { secret: string; store: Store; logger: Logger }): RequestHandler {
  const { secret, store, logger } = options;
  const handle = session({
    name: COOKIE,
    secret,
    store,
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: SESSION_MS },
  });
  return (request, response, next) => {
    if (request.method !== 'POST' && !(COOKIE in cookiesOf(request))) return next();
    let isContinued = false;
    handle(request, response, (error?: unknown) => {
      if (error) logEvent(logger, logs.sessionUnavailable, { err: error });
      // express-session also calls this for failures while the response ends, after `next` was called.
      if (isContinued) return;
      isContinued = true;
      if (error) failures.set(request, error);
      next();
    });
  };
}

/** The logged-in visitor; undefined for an anonymous one, and for everybody while sessions cannot be read. */
export function visitorOf(request: Request): Visitor | undefined {
  const read: Request['session'] | undefined = request.session;
  return read?.visitor;
}

/** The logged-in visitor; undefined for an anonymous one. @throws HttpError 503 while sessions cannot be read */
export function knownVisitorOf(request: Request): Visitor | undefined {
  if (failures.has(request)) throw failures.get(request);
  return visitorOf(request);
}

/** Whether this request's session could not be read, so that its visitor appears anonymous. */
export function isSessionUnavailable(request: Request): boolean {
  return failures.has(request);
}

/** The id of a visitor's session, even when it could not be read; undefined for an anonymous visitor. */
export function sessionIdOf(request: Request): string | undefined {
  return visitorOf(request) || failures.has(request) ? request.sessionID : undefined;
}

/** Begins a session with a new id, so that an id known before the login is useless afterwards. */
export async function beginSession(request: Request, visitor: Visitor): Promise<void> {
  try {
    await promisify<void>((done) => request.session.regenerate(done))();
    request.session.visitor = visitor;
    await promisify<void>((done) => request.session.save(done))();
    // The session is saved, so this keeps express-session from saving it again while the response ends.
    Reflect.set(request.session, 'save', (done?: () => void) => done?.());
  } catch (error) {
    // Without this, express-session would try again while the response ends, and set the cookie anyway.
    Reflect.deleteProperty(request, 'session');
    throw error;
  }
}

/** Deletes the session and its cookie. */
export async function endSession(request: Request, response: Response): Promise<void> {
  await promisify<void>((done) => request.session.destroy(done))();
  response.clearCookie(COOKIE, { httpOnly: true, sameSite: 'lax' });
}
