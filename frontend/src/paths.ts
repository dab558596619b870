import type { Request } from 'express';

/** A path of this site: what a browser could take for another site (`//`, a backslash, control characters) is none. */
const LOCAL_PATH = /^\/(?![/\\])[^\\\p{Cc}]{0,500}$/u;

/** The path when it stays on this site; anything else, a wrong type included, is undefined. */
export function localPath(path: unknown): string | undefined {
  return typeof path === 'string' && LOCAL_PATH.test(path) ? path : undefined;
}

/** Targets of forms that have no page of their own: they are on the cart's. */
const CART_FORMS = /^\/(?:cart\/|checkout\/process)/;

/** Where a person can come back to: the page itself, or for the target of a form the page with the form. */
export function pagePath(request: Request): string {
  if (CART_FORMS.test(request.path)) return '/checkout';
  const [path, query] = request.originalUrl.split('?', 2);
  const kept = new URLSearchParams(query);
  kept.delete('lang');
  return localPath(kept.size > 0 ? `${path}?${kept}` : path) ?? '/';
}

/** The same page with one parameter of its query set. */
export function withParameter(path: string, name: string, value: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;
}

/** Pages that a login need not lead back to. */
const LEFT_BEHIND = /^\/(?:login|logout|register)?(?:\?|$)/;

/** The login page, from which one comes back to `path`. */
export function loginPath(path: string): string {
  return LEFT_BEHIND.test(path) ? '/login' : withParameter('/login', 'next', path);
}
