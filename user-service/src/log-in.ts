import { HttpError } from '@vitrine/service-kit/http-error';
import { logEvent } from '@vitrine/service-kit/logger';
import { logs, metrics } from '@vitrine/service-kit/registry/shop';
import { createCounter } from '@vitrine/service-kit/telemetry/instruments';
import { createApiKey } from './api-key-repository';
import type { Dependencies } from './dependencies';
import { findLoginBlock, insertLoginFailure } from './login-failure-repository';
import { username as usernameSchema } from './user';
import { findCredentials } from './user-repository';

const logins = createCounter(metrics.logins);

/**
 * Exchanges username and password for a new api key. A success clears no failures: else every login of a user's
 * would hand an attacker ten more guesses.
 *
 * @throws HttpError 401 for a wrong username or password, after the same time; 429 after too many failures
 */
export async function logIn(
  { database, logger, passwords, apiKeyTtlHours }: Dependencies,
  { username, password }: { username: string; password: string },
  isStillWanted: () => boolean,
): Promise<string> {
  // Before it waits for its turn: in a flood of guesses, or while the database is away, turns are scarce.
  await refuseWhileBlocked();
  const userId = await passwords.inTurn(async ({ matches }) => {
    // Asked when its turn has come, so that a burst of guesses costs ten hashes and no more.
    await refuseWhileBlocked();
    const isPossible = usernameSchema.safeParse(username).success;
    const credentials = isPossible ? await findCredentials(database, username) : undefined;
    const isRight = await matches(password, credentials?.password_hash);
    // Asked again: meanwhile guesses may have failed on other replicas, and a right one must not slip through.
    await refuseWhileBlocked();
    if (credentials && isRight) return credentials.id;
    await insertLoginFailure(database, username);
    logEvent(logger, logs.loginFailed, { 'user.id': credentials && String(credentials.id) });
    logins.add(1, { result: 'failed' });
    throw new HttpError(401, 'Not logged in');
  }, isStillWanted);
  const apiKey = await createApiKey(database, userId, apiKeyTtlHours);
  logEvent(logger, logs.loggedIn, { 'user.id': String(userId) });
  logins.add(1, { result: 'success' });
  return apiKey;

  async function refuseWhileBlocked(): Promise<void> {
    const seconds = await findLoginBlock(database, username);
    if (seconds === undefined) return;
    logEvent(logger, logs.loginRefused, {});
    logins.add(1, { result: 'refused' });
    throw new HttpError(429, 'Too many failed logins, try again later', {
      headers: { 'Retry-After': String(seconds) },
    });
  }
}
