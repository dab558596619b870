import { join } from 'node:path';
import { createDatabase, type DatabaseSettings } from '@vitrine/service-kit/database';
import { createLogger } from '@vitrine/service-kit/logger';
import { migrate } from '@vitrine/service-kit/migrate';
import request, { type Agent, type Response, type Test } from 'supertest';
import { test as base } from 'vitest';
import { z } from 'zod';
import { freshDatabase, migrationAccountOf } from '../../test/database';
import { listen } from '../../test/listen';
import { recordStatements } from '../../test/statements';
import { startTcpProxy } from '../../test/tcp-proxy';
import { timeLimits } from '../../test/time-limits';
import { createApp } from '../src/app';
import { createPasswords } from '../src/passwords';
import { seedAdmin } from '../src/seed-admin';

export const ADMIN_PASSWORD = 'admin123';

/** bcrypt's lowest cost; few tests are about how long a hash takes. */
const COST = 4;

const logger = createLogger({ level: 'silent' });

/** Brings a schema up to date as the service does when it starts. */
export function migrateAndSeed(settings: DatabaseSettings, adminPassword = ADMIN_PASSWORD): Promise<void> {
  return migrate({
    settings,
    account: migrationAccountOf(settings),
    directory: join(__dirname, '../migrations'),
    logger,
    seed: (connection) => seedAdmin(connection, createPasswords(COST), adminPassword),
  });
}

/** Starts the service on a database whose schema is up to date, with a pool of its own. */
export async function startService(
  settings: DatabaseSettings,
  { cost = COST, deadlineMs = timeLimits.ample.deadlineMs } = {},
) {
  const database = recordStatements(createDatabase(settings, { deadlineMs }));
  const app = createApp({ database, logger, passwords: createPasswords(cost), apiKeyTtlHours: 24 });
  const server = await listen(app);
  return {
    api: request(server.url),
    url: server.url,
    statements: database.statements,
    async close() {
      await server.close();
      await database.close();
    },
  };
}

/** The service and its real database, started once for a test file. `sql` goes past the service. */
export const test = base
  .extend('limits', { scope: 'file' }, timeLimits.ample)
  .extend('service', { scope: 'file' }, async ({ limits: { deadlineMs } }, { onCleanup }) => {
    const settings = await freshDatabase('user_dbase');
    await migrateAndSeed(settings);
    const proxy = await startTcpProxy(settings);
    const service = await startService({ ...settings, port: proxy.port }, { deadlineMs });
    const sql = createDatabase(settings, timeLimits.ample);
    onCleanup(async () => {
      await Promise.all([service.close(), sql.close()]);
      await proxy.close();
    });
    const { api, url, statements } = service;
    return { api, url, statements, settings, proxy, sql };
  });

let serial = 0;

/** Makes up the fields of a user that no other test has. */
export function aUser(fields: Record<string, unknown> = {}) {
  serial += 1;
  return {
    first_name: 'Ada',
    last_name: 'Lovelace',
    email: `ada${serial}@example.com`,
    username: `ada${serial}`,
    password: 'difference engine',
    ...fields,
  };
}

/** Registers {@link aUser}. @returns the fields that were sent, and the user's id */
export async function register(api: Agent, fields: Record<string, unknown> = {}) {
  const sent = aUser(fields);
  const { body } = await api.post('/api/user/create').send(sent).expect(201);
  return { ...sent, id: created.parse(body).result.id };
}

const created = z.object({ result: z.object({ id: z.int() }) });
const loggedIn = z.object({ message: z.literal('Logged in'), api_key: z.string() });

export function logIn(api: Agent, username: string, password: string): Test {
  return api.post('/api/user/login').send({ username, password });
}

/** Logs in, which must succeed. @returns the api key */
export async function apiKeyOf(
  api: Agent,
  { username, password }: { username: string; password: string },
): Promise<string> {
  return loggedIn.parse((await logIn(api, username, password)).body).api_key;
}

/** Counts how often each status came. */
export function countStatuses(replies: Response[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
