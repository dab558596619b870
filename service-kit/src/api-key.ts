import { HttpError } from './http-error';

/**
 * The api key of a request: `Authorization: Basic <key>`, `Bearer <key>` or the bare key.
 *
 * @returns undefined when there is none
 */
export function apiKeyOf(request: { headers: { authorization?: string | undefined } }): string | undefined {
  const [, key] =
    /^(?:(?:basic|bearer) +)?([\w-]{1,128})$/i.exec(request.headers.authorization?.trim() ?? '') ?? [];
  return key;
}

/** As {@link apiKeyOf}, but throws 401 when there is none. */
export function requireApiKey(request: { headers: { authorization?: string | undefined } }): string {
  const key = apiKeyOf(request);
  if (!key) throw notLoggedIn();
  return key;
}

/** 401: no api key, or one that is unknown, revoked or expired. */
export function notLoggedIn(): HttpError {
  return new HttpError(401, 'Not logged in', { headers: { 'WWW-Authenticate': 'Bearer' } });
}
