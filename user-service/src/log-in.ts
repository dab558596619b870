import { notLoggedIn } from '@vitrine/service-kit/api-key';
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
 * Exchanges username and password for a new api key. A success does not reset the count of failures, or each of the
 * user's logins would give an attacker ten more guesses.
 *
 * @throws HttpError 401 for a wrong username or password, both after the same time; 429 after too many failures
 */
export async function logIn(
  { database, logger, passwords, apiKeyTtlHours }: Dependencies,
  { username, password }: { username: string; password: string },
  isClientWaiting: () => boolean,
): Promise<string> {
  // The first check comes before the queue, which is long in a flood of guesses or while the database is unavailable.
  await refuseWhileBlocked();
  const userId = await passwords.runLimited(async ({ matches }) => {
    // The second check comes after the queue, so that a burst of guesses costs ten hashes and no more.
    await refuseWhileBlocked();
    const isPossible = usernameSchema.safeParse(username).success;
    const credentials = isPossible ? await findCredentials(database, username) : undefined;
    const isRight = await matches(password, credentials?.password_hash);
    // The third check comes after the hash: guesses may have failed on other replicas meanwhile.
    await refuseWhileBlocked();
    if (credentials && isRight) return credentials.id;
    await insertLoginFailure(database, username);
    logEvent(logger, logs.loginFailed, { 'user.id': credentials && String(credentials.id) });
    logins.add(1, { result: 'failed' });
    throw notLoggedIn();
  }, isClientWaiting);
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
