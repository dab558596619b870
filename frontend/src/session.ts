import { promisify } from 'node:util';
import { type Logger, logEvent } from '@vitrine/service-kit/logger';
import { logs } from '@vitrine/service-kit/registry/shop';
import type { Request, RequestHandler, Response } from 'express';
import session, { type Store } from 'express-session';
import { cookiesOf } from './cookies';
import type { User } from './user-service';

/** Who is logged in, and with which api key the services are asked on their behalf. */
export interface Visitor extends Pick<User, 'id' | 'username' | 'first_name' | 'is_admin'> {
  apiKey: string;
}

declare module 'express-session' {
  interface SessionData {
    visitor: Visitor;
  }
}

/** As long as an api key lives by default. */
const SESSION_MS = 24 * 60 * 60 * 1000;
const COOKIE = 'session';

/** Requests whose session could not be read, and why. */
const failures = new WeakMap<Request, unknown>();

/**
 * Reads the sessions of logged-in visitors. A stranger gets no cookie and costs no query; one who only looks, not even
 * a session object. When the database is away the request goes on without a session, and nothing happens to its cookie.
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
    let hasGoneOn = false;
    handle(request, response, (error?: unknown) => {
      if (error) logEvent(logger, logs.sessionUnavailable, { err: error });
      // express-session also calls this for what fails while the response ends, when it is too late to go on.
      if (hasGoneOn) return;
      hasGoneOn = true;
      if (error) failures.set(request, error);
      next();
    });
  };
}

/** The logged-in visitor; undefined for a stranger, and for everybody while sessions can't be read. */
export function visitorOf(request: Request): Visitor | undefined {
  const read: Request['session'] | undefined = request.session;
  return read?.visitor;
}

/** As {@link visitorOf}, but throws 503 rather than take someone for a stranger. */
export function knownVisitorOf(request: Request): Visitor | undefined {
  if (failures.has(request)) throw failures.get(request);
  return visitorOf(request);
}

/** Whether a visitor who may be logged in is shown this page as a stranger, since sessions can't be read. */
export function isSessionAway(request: Request): boolean {
  return failures.has(request);
}

/** The id of a visitor's session, also when it could not be read; undefined for a stranger. */
export function sessionIdOf(request: Request): string | undefined {
  return visitorOf(request) || failures.has(request) ? request.sessionID : undefined;
}

/** Begins a session, under a new id: one known before the login is worth nothing after it. */
export async function beginSession(request: Request, visitor: Visitor): Promise<void> {
  try {
    await promisify<void>((done) => request.session.regenerate(done))();
    request.session.visitor = visitor;
    await promisify<void>((done) => request.session.save(done))();
    // It is saved: express-session, which saves a new session while the response ends, need not do it again.
    Reflect.set(request.session, 'save', (done?: () => void) => done?.());
  } catch (error) {
    // Else express-session would try again while the response ends, and set the cookie all the same.
    Reflect.deleteProperty(request, 'session');
    throw error;
  }
}

/** Ends the session here and takes its cookie back. */
export async function endSession(request: Request, response: Response): Promise<void> {
  await promisify<void>((done) => request.session.destroy(done))();
  response.clearCookie(COOKIE, { httpOnly: true, sameSite: 'lax' });
}
