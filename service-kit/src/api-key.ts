import { HttpError } from './http-error';

type RequestWithKey = { headers: { authorization?: string | undefined } };

/** Returns the api key from `Authorization: Basic <key>`, `Bearer <key>` or `<key>`; undefined without one. */
export function apiKeyOf(request: RequestWithKey): string | undefined {
  const [, key] =
    /^(?:(?:basic|bearer) +)?([\w-]{1,128})$/i.exec(request.headers.authorization?.trim() ?? '') ?? [];
  return key;
}

/** Returns the api key like {@link apiKeyOf}, but throws 401 without one. */
export function requireApiKey(request: RequestWithKey): string {
  const key = apiKeyOf(request);
  if (!key) throw notLoggedIn();
  return key;
}

/** Creates the 401 for an api key that is missing, unknown, revoked or expired, and for a failed login. */
export function notLoggedIn(): HttpError {
  return new HttpError(401, 'Not logged in', { headers: { 'WWW-Authenticate': 'Bearer' } });
}
