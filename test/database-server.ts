import { spawn } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestProject } from 'vitest/node';
import { type DatabaseEngine, findDatabaseEngine } from '../lab/src/native/database-engine.ts';
import {
  checkDatabaseServer,
  type DatabaseServer,
  databaseServerCommand,
  prepareDatabaseServer,
} from '../lab/src/native/database-server.ts';
import { poll } from '../lab/src/poll.ts';

declare module 'vitest' {
  interface ProvidedContext {
    databaseServer: { host: string; port: number; rootPassword: string };
  }
}

/** Global setup: starts one real database server for all tests that call `freshDatabase`, and stops it at the end. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(join(tmpdir(), 'vitrine-test-'));
  const server = { home, port: await freePort(), rootPassword: randomUUID(), schemas: [] };
  const { stop } = await runDatabaseServer(server);
  project.provide('databaseServer', {
    host: '127.0.0.1',
    port: server.port,
    rootPassword: server.rootPassword,
  });
  return async () => {
    await stop();
    await rm(home, { recursive: true, force: true });
  };
}

/**
 * Starts a server that lives no longer than this process. Resolves when every account can log in; throws
 * with what the server printed when it ends or hangs instead.
 */
export async function runDatabaseServer(server: DatabaseServer): Promise<{ stop: () => Promise<void> }> {
  const engine = await requireDatabaseEngine();
  await prepareDatabaseServer(engine, server);
  const { program, args } = databaseServerCommand(engine, server);
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const said = text(child.stderr);
  const ended = new Promise<'ended'>((resolve) => child.on('close', () => resolve('ended')));
  const killAtExit = () => child.kill('SIGKILL');
  process.on('exit', killAtExit);
  const stop = async () => {
    child.kill();
    await ended;
    process.off('exit', killAtExit);
  };

  const isReady = () =>
    checkDatabaseServer(server, 1000).then(
      () => true,
      () => undefined,
    );
  const outcome = await Promise.race([ended, poll(isReady, { intervalMs: 50, limitMs: 60_000 })]);
  if (outcome !== true) {
    await stop();
    throw new Error(`${program} ${outcome ?? 'is not ready after 60 s'}:\n${await said}`);
  }
  return { stop };
}

export async function requireDatabaseEngine(): Promise<DatabaseEngine> {
  // biome-ignore lint/style/noProcessEnv: a test run has no settings of its own
  const engine = await findDatabaseEngine(process.env.PATH ?? '');
  if (engine) return engine;
  throw new Error('These tests need mariadbd or mysqld: ./scripts/test.sh installs it.');
}

/**
 * Finds a TCP port that was free a moment ago, above those that fetch refuses, and below those that the system gives to
 * outgoing connections and to servers that ask for any: otherwise the other tests would take it before it is used.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(10_081, 32_768);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return port;
  }
  throw new Error('No free TCP port on 127.0.0.1');
}
