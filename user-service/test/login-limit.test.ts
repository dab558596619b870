import type { Agent } from 'supertest';
import { describe, expect } from 'vitest';
import { aUser, countStatuses, logIn, register, startService, test } from './user-service';

const failures = (api: Agent, username: string, count: number) =>
  Promise.all(Array.from({ length: count }, () => logIn(api, username, 'wrong guess')));

describe('When ten guesses at a username have failed', () => {
  test.for(['a user', 'nobody'])('of %s, then 429 says when to come back', async (who, { service }) => {
    const { username } = who === 'a user' ? await register(service.api) : aUser();
    for (let guess = 0; guess < 10; guess += 1) await logIn(service.api, username, 'wrong guess').expect(401);
    const reply = await logIn(service.api, username, 'wrong guess').expect(429);
    const retryAfterSeconds = Number(reply.headers['retry-after']);
    expect(retryAfterSeconds).toBeGreaterThan(290);
    expect(retryAfterSeconds).toBeLessThanOrEqual(300);
  });

  test('then the right password is refused too, and other users are not', async ({ service }) => {
    const [blocked, other] = [await register(service.api), await register(service.api)];
    await failures(service.api, blocked.username.toUpperCase(), 10);
    await logIn(service.api, blocked.username, blocked.password).expect(429);
    await logIn(service.api, other.username, other.password).expect(200);
  });

  test('with a success between them, then it clears nothing', async ({ service }) => {
    const { username, password } = await register(service.api);
    await failures(service.api, username, 9);
    await logIn(service.api, username, password).expect(200);
    await logIn(service.api, username, 'wrong guess').expect(401);
    await logIn(service.api, username, password).expect(429);
  });

  test('then it takes guesses again once the first of them is five minutes old', async ({ service }) => {
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

  test('on another replica, then it counts here', async ({ service, onTestFinished }) => {
    const replica = await startService(service.settings);
    onTestFinished(replica.close);
    const { username, password } = await register(service.api);
    await failures(replica.api, username, 5);
    await failures(service.api, username, 5);
    await logIn(service.api, username, password).expect(429);
    await logIn(replica.api, username, password).expect(429);
  });
});

describe('When a hundred guesses come at once', () => {
  test('then about ten are tried, and a right one behind them does not get in', async ({ service }) => {
    const { username, password } = await register(service.api);
    const wrong = failures(service.api, username, 99);
    const [right, replies] = await Promise.all([logIn(service.api, username, password), wrong]);
    const counts = countStatuses(replies);
    expect(counts[401]).toBeGreaterThanOrEqual(10);
    expect(counts[401]).toBeLessThanOrEqual(13);
    expect(counts[429]).toBe(99 - (counts[401] ?? 0));
    expect(right.status).toBe(429);
  });
});

test('When failures are old, then new ones clear them away, a few at a time', async ({ service }) => {
  const old = Array.from(
    { length: 50 },
    () => "(REPEAT('x', 32), UTC_TIMESTAMP(3) - INTERVAL 6 MINUTE)",
  ).join();
  await service.sql.execute(`INSERT INTO login_failures (username_hash, failed_at) VALUES ${old}`);
  const count = async () => {
    const hidden = "SELECT id FROM login_failures WHERE username_hash = REPEAT('x', 32)";
    return (await service.sql.query(hidden)).length;
  };
  await logIn(service.api, aUser().username, 'wrong guess');
  expect(await count()).toBe(40);
  await failures(service.api, aUser().username, 8);
  expect(await count()).toBe(0);
});
