import type { Agent } from 'supertest';
import { describe, expect } from 'vitest';
import { aUser, countStatuses, logIn, register, startService, test } from './user-service';

const failures = (api: Agent, username: string, count: number) =>
  Promise.all(Array.from({ length: count }, () => logIn(api, username, 'wrong guess')));

describe('the limit of ten failed logins of a username', () => {
  test.for(['a user', 'nobody'])(
    'When ten guesses at %s have failed, then 429 says when to come back',
    async (who, { service }) => {
      const { username } = who === 'a user' ? await register(service.api) : aUser();
      for (let guess = 0; guess < 10; guess += 1)
        await logIn(service.api, username, 'wrong guess').expect(401);
      const reply = await logIn(service.api, username, 'wrong guess').expect(429);
      const retryAfterSeconds = Number(reply.headers['retry-after']);
      // The test itself may take twenty of the three hundred seconds.
      expect(retryAfterSeconds).toBeGreaterThanOrEqual(280);
      expect(retryAfterSeconds).toBeLessThanOrEqual(300);
    },
  );

  test('When a username is blocked, then its right password is refused too, and other users can log in', async ({
    service,
  }) => {
    const [blocked, other] = [await register(service.api), await register(service.api)];
    await failures(service.api, blocked.username.toUpperCase(), 10);
    await logIn(service.api, blocked.username, blocked.password).expect(429);
    await logIn(service.api, other.username, other.password).expect(200);
  });

  test('When a login succeeds between the failures, then they still count', async ({ service }) => {
    const { username, password } = await register(service.api);
    await failures(service.api, username, 9);
    await logIn(service.api, username, password).expect(200);
    await logIn(service.api, username, 'wrong guess').expect(401);
    await logIn(service.api, username, password).expect(429);
  });

  test('When the oldest failure is five minutes old, then one more guess is allowed', async ({ service }) => {
    const { username, password } = await register(service.api);
    await failures(service.api, username, 10);
    await logIn(service.api, username, password).expect(429);
    const age =
      'UPDATE login_failures SET failed_at = failed_at - INTERVAL 300 SECOND ORDER BY id DESC LIMIT 1';
    await service.sql.execute(age);
    await logIn(service.api, username, password).expect(200);
    await logIn(service.api, username, 'wrong guess').expect(401);
    await logIn(service.api, username, 'wrong guess').expect(429);
  });

  test('When guesses fail on two replicas, then both refuse the next one', async ({
    service,
    onTestFinished,
  }) => {
    const replica = await startService(service.settings);
    onTestFinished(replica.close);
    const { username, password } = await register(service.api);
    await failures(replica.api, username, 5);
    await failures(service.api, username, 5);
    await logIn(service.api, username, password).expect(429);
    await logIn(replica.api, username, password).expect(429);
  });
});

test('When a hundred guesses come at once, then about ten are checked, and a right one behind them is refused', async ({
  service,
}) => {
  const { username, password } = await register(service.api);
  const wrong = failures(service.api, username, 99);
  const [right, replies] = await Promise.all([logIn(service.api, username, password), wrong]);
  const counts = countStatuses(replies);
  expect(counts[401]).toBeGreaterThanOrEqual(10);
  expect(counts[401]).toBeLessThanOrEqual(13);
  expect(counts[429]).toBe(99 - (counts[401] ?? 0));
  expect(right.status).toBe(429);
});
