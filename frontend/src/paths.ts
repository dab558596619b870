import type { Request } from 'express';

/**
 * A path of this site, without `//`, backslash and control characters, which could lead a browser to another site, and
 * without broken text: half a surrogate pair, which cannot be encoded, and the U+FFFD that replaces bad bytes.
 */
const LOCAL_PATH = /^\/(?![/\\])[^\\\p{Cc}\p{Cs}\ufffd]{0,500}$/u;

/** The path when it stays on this site; undefined for anything else, including values of another type. */
function localPath(path: unknown): string | undefined {
  return typeof path === 'string' && LOCAL_PATH.test(path) ? path : undefined;
}

/** Targets of the forms on the cart's page. */
const CART_FORMS = /^\/(?:cart\/|checkout\/process)/;

/** The page to return to: the page itself, or the page with the form for the form's target. */
export function pagePath(request: Request): string {
  if (CART_FORMS.test(request.path)) return '/checkout';
  const [path, query] = request.url.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.delete('lang');
  return localPath(parameters.size > 0 ? `${path}?${parameters}` : path) ?? '/';
}

/** The same page with one parameter of its query set. */
export function withParameter(path: string, name: string, value: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;
}

/** Pages to which a login does not lead back: /logout would end it at once. */
const NO_RETURN = new Set(['', '/login', '/logout', '/register']);

/** Whether a browser would open such a page at `path`; it resolves dots, and Express ignores case and a last slash. */
function isNoReturn(path: string): boolean {
  const { pathname } = new URL(path, 'http://shop');
  return NO_RETURN.has(pathname.replace(/\/$/, '').toLowerCase());
}

/** The page to which a login leads, from the `next` of a form or an address; the home page when that is no such page. */
export function nextPath(next: unknown): string {
  const path = localPath(next);
  return path === undefined || isNoReturn(path) ? '/' : path;
}

/** The login page, which leads back to `path`. */
export function loginPath(path: string): string {
  return isNoReturn(path) ? '/login' : withParameter('/login', 'next', path);
}
