import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createDatabase, type DatabaseSettings } from '@vitrine/service-kit/database';
import request from 'supertest';
import { expect, onTestFinished, test } from 'vitest';
import { databaseVariables, freshDatabase, migrationAccountOf } from '../../test/database';
import { freePort } from '../../test/database-server';
import { elapsed } from '../../test/elapsed';
import { ADMIN_PASSWORD, apiKeyOf, countStatuses, logIn, migrateAndSeed, register } from './user-service';

const root = join(__dirname, '../..');

/** Starts the built service as a process of its own, with no environment but these variables. */
function startProcess(environment: Record<string, string>) {
  const child = spawn(process.execPath, ['--require', './dist/telemetry.js', 'dist/server.js'], {
    cwd: join(root, 'user-service'),
    env: { OTEL_SDK_DISABLED: 'true', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]).then(
    ([[status], stdout, stderr]) => ({ status, stdout, stderr }),
  );
  return { child, ended };
}

async function environmentFor(settings: DatabaseSettings): Promise<Record<string, string>> {
  return { PORT: String(await freePort()), ...databaseVariables(settings) };
}

async function startReady(settings: DatabaseSettings) {
  const environment = await environmentFor(settings);
  const service = startProcess(environment);
  const api = request(`http://127.0.0.1:${environment.PORT}`);
  const readiness = () => api.get('/readyz').then(({ status }) => status, String);
  await expect.poll(readiness, { timeout: 30_000 }).toBe(200);
  return { ...service, api, port: Number(environment.PORT) };
}

test('When SIGTERM comes under load, then no request is cut and the process ends with 0', async () => {
  const { child, ended, api } = await startReady(await freshDatabase('user_server'));
  const { value: apiKey, ms } = await elapsed(apiKeyOf(api, { username: 'admin', password: ADMIN_PASSWORD }));
  // Two are hashed at a time. However busy the machine, all take between the half second for which idle clients are
  // drained and the six that requests under way are given.
  const count = Math.ceil(3000 / ms);
  const logins = Promise.all(Array.from({ length: count }, () => logIn(api, 'admin', ADMIN_PASSWORD)));
  const askUntilRefused = async () => {
    for (;;) {
      const reply = await api
        .get('/api/user')
        .auth(apiKey, { type: 'bearer' })
        .catch((error) => error);
      if (reply instanceof Error) return reply.message;
      expect(reply.status).toBe(200);
    }
  };
  const askers = Promise.all(Array.from({ length: 5 }, askUntilRefused));
  await api.get('/api/user').auth(apiKey, { type: 'bearer' });
  child.kill('SIGTERM');
  for (const lastWord of await askers) expect(lastWord).toBe('ECONNREFUSED: Connection refused');
  expect(countStatuses(await logins)).toStrictEqual({ 200: count });
  const { status, stdout, stderr } = await ended;
  expect(stderr).toBe('');
  expect(stdout).toContain('"msg":"stopped"');
  expect(status).toBe(0);
}, 60_000);

test('When SIGTERM comes while idle clients hold connections, then the process does not wait for them', async () => {
  const { child, ended, port } = await startReady(await freshDatabase('user_server'));
  const silent = connect(port, '127.0.0.1');
  const halfway = connect(port, '127.0.0.1').on('connect', () => halfway.write('GET /api/user HTTP/1.1\r\n'));
  await Promise.all([once(silent, 'connect'), once(halfway, 'connect')]);
  const startedAt = performance.now();
  child.kill('SIGTERM');
  await Promise.all([once(silent, 'close'), once(halfway, 'close')]);
  expect((await ended).status).toBe(0);
  // Requests that never end would hold it up for six seconds.
  expect(performance.now() - startedAt).toBeLessThan(5500);
}, 60_000);

test('When SIGTERM comes, then the service is no longer ready while it finishes', async () => {
  const { child, ended, api } = await startReady(await freshDatabase('user_server'));
  child.kill('SIGTERM');
  const readiness = () => api.get('/readyz').then(({ status, body }) => ({ status, body }), String);
  await expect.poll(readiness, { interval: 5 }).toEqual({ status: 503, body: { status: 'stopping' } });
  expect((await ended).status).toBe(0);
}, 60_000);

test('When users register, log in and log out, then the log holds their ids and none of their data', async () => {
  const { child, ended, api } = await startReady(await freshDatabase('user_server'));
  const user = await register(api, { first_name: 'Augusta', last_name: 'Byron' });
  await logIn(api, user.username, 'a wrong password');
  await api.post('/api/user/create').send(user);
  const apiKey = await apiKeyOf(api, user);
  await api.post('/api/user/logout').auth(apiKey, { type: 'bearer' });
  child.kill('SIGTERM');
  const { stdout } = await ended;
  for (const event of ['user registered', 'login failed', 'logged in', 'logged out'])
    expect(stdout).toMatch(new RegExp(`"user.id":"${user.id}","msg":"${event}"`));
  const { id, ...personal } = user;
  for (const secret of [...Object.values(personal), 'a wrong password', apiKey])
    expect(stdout).not.toContain(secret);
}, 60_000);

test('When api keys and failed logins are too old to count, then the service deletes them, and keeps the others', async () => {
  const settings = await freshDatabase('user_server');
  await migrateAndSeed(settings);
  const database = createDatabase(settings);
  onTestFinished(() => database.close());
  const ages = [-5, -1, 1, 5];
  for (const minutes of ages) {
    await database.execute(
      `INSERT INTO api_keys (key_hash, user_id, expires_at)
       SELECT UNHEX(SHA2(?, 256)), id, UTC_TIMESTAMP(3) + INTERVAL ? MINUTE FROM users`,
      [minutes, minutes],
    );
    await database.execute(
      `INSERT INTO login_failures (username_hash, failed_at)
       VALUES (UNHEX(SHA2('ada', 256)), UTC_TIMESTAMP(3) - INTERVAL 5 MINUTE + INTERVAL ? MINUTE)`,
      [minutes],
    );
  }
  const { child } = await startReady(settings);
  onTestFinished(() => void child.kill());
  const countOf = async (table: string) => (await database.query(`SELECT * FROM ${table}`)).length;
  for (const table of ['api_keys', 'login_failures']) await expect.poll(() => countOf(table)).toBe(2);
}, 60_000);

test.for<[name: string, value: string]>([
  ['PORT', ''],
  ['PORT', '70000'],
  ['DB_PASSWORD', ''],
  ['BCRYPT_COST', '3'],
  ['BCRYPT_COST', '16'],
  ['BCRYPT_COST', 'ten'],
  ['API_KEY_TTL_HOURS', '0'],
  ['API_KEY_TTL_HOURS', '8761'],
  ['ADMIN_PASSWORD', 'secret7'],
  ['ADMIN_PASSWORD', 'é'.repeat(37)],
])(
  'When %s is "%s", then the process ends with 1 and one line that names the variable',
  async ([name, value]) => {
    const environment = await environmentFor(await freshDatabase('user_server'));
    const { status, stdout, stderr } = await startProcess({ ...environment, [name]: value }).ended;
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(new RegExp(`^Environment variable ${name} is (missing|invalid: must .*)\n$`));
    expect(stderr).not.toContain('secret7');
  },
);

test.for([
  ['DB_PASSWORD', 'DB_USER'],
  ['DB_MIGRATION_PASSWORD', 'DB_MIGRATION_USER'],
] as const)(
  'When the database refuses %s, then the process ends with 1 and one line says so',
  async ([password, user]) => {
    const environment = await environmentFor(await freshDatabase('user_server'));
    const { status, stdout, stderr } = await startProcess({ ...environment, [password]: 'wrong' }).ended;
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      new RegExp(
        `^Cannot start: Access denied for user '${environment[user]}'@'.*' \\(using password: YES\\)\n$`,
      ),
    );
  },
);

test('When a migration fails, then the process ends with 1 and one line says which, why, and what to do', async () => {
  const settings = await freshDatabase('user_server');
  const database = createDatabase({ ...settings, ...migrationAccountOf(settings) });
  // The first migration leaves an existing table alone; no foreign key of the second fits this one.
  await database.execute('CREATE TABLE users (id BIGINT PRIMARY KEY)');
  await database.close();
  const { status, stdout, stderr } = await startProcess(await environmentFor(settings)).ended;
  expect(status).toBe(1);
  expect(stdout).toContain('001.do.users.sql","msg":"migration applied"');
  expect(stderr).toMatch(
    /^Cannot start: Migration 002\.do\.api-keys\.sql failed at statement 1 of 1 \(CREATE TABLE .*\): .*api_keys.*start the service again\.\n$/,
  );
});
