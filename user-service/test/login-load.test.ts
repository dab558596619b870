import { expect } from 'vitest';
import { apiKeyOf, aUser, test as base, countStatuses, logIn, register, startService } from './user-service';

/** The service with hashes as slow as in the shop. */
const test = base.extend('shop', { scope: 'file' }, async ({ service }, { onCleanup }) => {
  const shop = await startService(service.settings, { cost: 10 });
  onCleanup(shop.close);
  return shop;
});

test('When nobody has the username, then the refusal takes as long as for a wrong password', async ({
  shop,
}) => {
  const { username } = await register(shop.api);
  const timeOf = async (name: string) => {
    const startedAt = performance.now();
    await logIn(shop.api, name, 'wrong guess').expect(401);
    return performance.now() - startedAt;
  };
  const [known, unknown, impossible]: [number[], number[], number[]] = [[], [], []];
  const { username: nobody } = aUser();
  for (let round = 0; round < 7; round += 1) {
    known.push(await timeOf(username));
    unknown.push(await timeOf(nobody));
    impossible.push(await timeOf('nobody could'));
  }
  // The shortest of each is compared: a busy machine makes requests slower, never faster.
  const shortest = Math.min(...known);
  expect(Math.min(...unknown)).toBeGreaterThan(shortest / 2);
  expect(Math.min(...impossible)).toBeGreaterThan(shortest / 2);
});

test('When a username is blocked, then its guesses are not hashed', async ({ shop }) => {
  const { username } = await register(shop.api);
  const timesMs: Record<number, number[]> = { 401: [], 429: [] };
  for (let round = 0; round < 17; round += 1) {
    const startedAt = performance.now();
    const { status } = await logIn(shop.api, username, 'wrong guess');
    timesMs[status]?.push(performance.now() - startedAt);
  }
  expect(timesMs).toMatchObject({ 401: { length: 10 }, 429: { length: 7 } });
  expect(Math.min(...(timesMs[429] ?? []))).toBeLessThan(Math.min(...(timesMs[401] ?? [])) / 2);
});

test('When twenty logins come at once, then all succeed and other requests are answered meanwhile', async ({
  shop,
}) => {
  const user = await register(shop.api);
  const apiKey = await apiKeyOf(shop.api, user);
  let isOver = false;
  const logins = Promise.all(
    Array.from({ length: 20 }, () => logIn(shop.api, user.username, user.password)),
  ).finally(() => {
    isOver = true;
  });
  const timesMs: number[] = [];
  while (!isOver) {
    const startedAt = performance.now();
    await shop.api.get('/api/user').auth(apiKey, { type: 'bearer' }).expect(200);
    timesMs.push(performance.now() - startedAt);
  }
  expect(countStatuses(await logins)).toStrictEqual({ 200: 20 });
  const p95Ms = timesMs.sort((a, b) => a - b)[Math.floor(timesMs.length * 0.95)]?.toFixed(1);
  // biome-ignore lint/suspicious/noConsole: the figure depends too much on the machine to be asserted
  console.info(`GET /api/user during 20 logins: ${timesMs.length} times, p95 ${p95Ms} ms`);
});

test('When the tenth guess fails on another replica while a right one is being checked, then that is refused', async ({
  service,
  onTestFinished,
}) => {
  // A hash takes half a second; even on a busy machine the other failures are stored before it is done.
  const slow = await startService(service.settings, { cost: 13 });
  onTestFinished(slow.close);
  const { username, password } = await register(slow.api);
  await logIn(slow.api, username, 'wrong guess');
  // supertest sends a request when its `then` is called.
  const right = logIn(slow.api, username, password).then(({ status }) => status);
  // A request that came later has been answered, so the login is being hashed by now.
  await slow.api.get('/api/user/admin/exists');
  const copies = Array.from({ length: 9 }, (_, index) => `SELECT ${index}`).join(' UNION ALL ');
  await service.sql.execute(
    `INSERT INTO login_failures (username_hash, failed_at)
     SELECT username_hash, failed_at FROM login_failures CROSS JOIN (${copies}) AS copies
     WHERE username_hash = UNHEX(SHA2(?, 256))`,
    [username],
  );
  expect(await right).toBe(429);
});

test('When clients give up before their turn, then nothing is hashed for them', async ({ shop }) => {
  const { username } = await register(shop.api);
  const patient = await register(shop.api);
  const giveUp = new AbortController();
  const guess = () =>
    fetch(`${shop.url}/api/user/login`, {
      method: 'POST',
      body: new URLSearchParams({ username, password: 'wrong guess' }),
      signal: giveUp.signal,
    });
  const guesses = Array.from({ length: 9 }, guess);
  const answered = Promise.allSettled(guesses);
  await Promise.race(guesses);
  giveUp.abort();
  await answered;
  // Logins are hashed in turn, so the abandoned ones are settled once a later one is answered.
  await apiKeyOf(shop.api, patient);
  // If all nine guesses had counted, the second of these would get 429.
  for (let more = 0; more < 3; more += 1) await logIn(shop.api, username, 'wrong guess').expect(401);
});
