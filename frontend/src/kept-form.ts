import type { Request, Response } from 'express';
import { z } from 'zod';
import { cookiesOf } from './cookies';
import { pagePath } from './paths';
import type { SessionCipher } from './session-cipher';

/** A form that waits for its visitor's login: its target, its fields, and the page to which the login leads back. */
const keptForm = z.object({ path: z.string(), page: z.string(), fields: z.record(z.string(), z.unknown()) });

/** Forms that visitors sent before the shop knew them. An encrypted cookie keeps them, so strangers cost no row. */
export interface KeptForms {
  /** Keeps the form that this request sends. @returns false when it is too long for a cookie */
  keep(request: Request, response: Response): boolean;
  /**
   * Turns this login request into the kept form, for the routes that follow. Another page than that of the form means
   * that the visitor went elsewhere: the form is dropped.
   *
   * @returns false when there is no form from this page
   */
  resume(request: Request, response: Response, page: string): boolean;
}

const COOKIE = 'form';
const LIFETIME_MS = 30 * 60_000;
/** Browsers keep cookies of 4096 bytes; encryption and base64 add half. The longest form, of a product, has 1 KB. */
const MAX_BYTES = 2500;

const resumed = new WeakSet<Request>();

/** Whether this request is a kept form, whose token was verified when it was sent. */
export function isResumed(request: Request): boolean {
  return resumed.has(request);
}

export function createKeptForms(cipher: SessionCipher): KeptForms {
  const options = (request: Request) =>
    ({ httpOnly: true, sameSite: 'lax', secure: request.secure, path: '/' }) as const;
  return {
    keep(request, response) {
      const { _csrf, ...fields } = request.body ?? {};
      const form = JSON.stringify({ path: request.path, page: pagePath(request), fields });
      if (Buffer.byteLength(form) > MAX_BYTES) return false;
      response.cookie(COOKIE, cipher.encrypt(form), { ...options(request), maxAge: LIFETIME_MS });
      return true;
    },
    resume(request, response, page) {
      const stored = cookiesOf(request)[COOKIE];
      if (stored === undefined) return false;
      response.clearCookie(COOKIE, options(request));
      const text = cipher.decrypt(stored);
      const form = text === undefined ? undefined : keptForm.safeParse(JSON.parse(text)).data;
      if (form?.page !== page) return false;
      request.url = form.path;
      request.body = form.fields;
      resumed.add(request);
      return true;
    },
  };
}
