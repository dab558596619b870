import { expect } from 'vitest';
import { apiKeyOf, aUser, test as base, countStatuses, logIn, register, startService } from './user-service';

/** With hashes as slow as in the shop. */
const test = base.extend('shop', { scope: 'file' }, async ({ service }, { onCleanup }) => {
  const shop = await startService(service.settings, { cost: 10 });
  onCleanup(shop.close);
  return shop;
});

test('When nobody has the username, then the refusal takes as long as a wrong password', async ({ shop }) => {
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
  expect(quantile(unknown, 0.5)).toBeGreaterThan(quantile(known, 0.5) / 2);
  expect(quantile(impossible, 0.5)).toBeGreaterThan(quantile(known, 0.5) / 2);
});

test('When a username takes no more guesses, then none is hashed', async ({ shop }) => {
  const { username } = await register(shop.api);
  const timesMs: Record<number, number[]> = { 401: [], 429: [] };
  for (let round = 0; round < 17; round += 1) {
    const startedAt = performance.now();
    const { status } = await logIn(shop.api, username, 'wrong guess');
    timesMs[status]?.push(performance.now() - startedAt);
  }
  expect(timesMs).toMatchObject({ 401: { length: 10 }, 429: { length: 7 } });
  expect(quantile(timesMs[429] ?? [], 0.5)).toBeLessThan(quantile(timesMs[401] ?? [], 0.5) / 2);
});

test('When twenty log in at once, then they all get in and others are answered meanwhile', async ({
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
  const p95Ms = quantile(timesMs, 0.95).toFixed(1);
  // biome-ignore lint/suspicious/noConsole: a figure for whoever reads the run; it depends too much on the machine to be asserted
  console.info(`GET /api/user during 20 logins: ${timesMs.length} times, p95 ${p95Ms} ms`);
});

test('When the tenth guess fails elsewhere while a right one is being checked, then it does not get in', async ({
  service,
  onTestFinished,
}) => {
  // Half a second a hash: on the busiest machine the other guesses are there before it is done.
  const slow = await startService(service.settings, { cost: 13 });
  onTestFinished(slow.close);
  const { username, password } = await register(slow.api);
  await logIn(slow.api, username, 'wrong guess');
  // supertest sends on `then`, not before.
  const right = logIn(slow.api, username, password).then(({ status }) => status);
  // An answer to a later question: the login is being hashed by now.
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
  // Whoever asks later has their turn later, so by now it is known what became of the others.
  await apiKeyOf(shop.api, patient);
  // Had all nine counted, the second would be one too many.
  for (let more = 0; more < 3; more += 1) await logIn(shop.api, username, 'wrong guess').expect(401);
});

function quantile(values: number[], q: number): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length * q)] ?? Number.NaN;
}
