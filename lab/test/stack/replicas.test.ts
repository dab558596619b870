import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import mysql from 'mysql2/promise';
import { test as base, expect, onTestFinished } from 'vitest';
import { freePort, runDatabaseServer } from '../../../test/database-server.ts';
import { poll } from '../../src/poll.ts';
import { root } from './start-stack.ts';

const schemas = ['user_dbase', 'product_dbase', 'order_dbase', 'session_dbase'].map((name) => {
  return { name, user: name, password: `password of ${name}` };
});

// biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
const test = base.extend('port', { scope: 'file' }, async ({}, { onCleanup }) => {
  const home = mkdtempSync(join(tmpdir(), 'vitrine-replicas-'));
  const port = await freePort();
  const server = await runDatabaseServer({ home, port, rootPassword: 'root', schemas });
  onCleanup(async () => {
    await server.stop();
    rmSync(home, { recursive: true });
  });
  return port;
});

test.for([
  [
    'user-service',
    'user_dbase',
    'SELECT username, is_admin FROM users',
    [{ username: 'admin', is_admin: 1 }],
  ],
  [
    'product-service',
    'product_dbase',
    'SELECT COUNT(*) AS products, MAX(id) AS last FROM products',
    [{ products: 10, last: 10 }],
  ],
  ['order-service', 'order_dbase', 'SELECT * FROM orders', []],
  ['frontend', 'session_dbase', 'SELECT * FROM session', []],
] as const)(
  'When three replicas of %s start at once on an empty schema, then all get ready and the data is there once',
  async ([service, schema, query, rows], { port }) => {
    const replicas = await Promise.all([1, 2, 3].map(() => startReplica(service, schema, port)));
    expect(await Promise.all(replicas.map(({ ready }) => ready))).toEqual([200, 200, 200]);
    const account = { user: schema, password: `password of ${schema}`, database: schema };
    const connection = await mysql.createConnection({ host: '127.0.0.1', port, ...account });
    onTestFinished(() => connection.end());
    expect((await connection.query(query))[0]).toEqual(rows);

    for (const { child } of replicas) child.kill();
    const ends = await Promise.all(replicas.map(({ ended }) => ended));
    expect(ends).toEqual([0, 0, 0].map((status) => ({ status, stderr: '' })));
  },
);

/** The built service as a process. `ready` is the status of /readyz, once it answers. */
async function startReplica(service: string, schema: string, databasePort: number) {
  const port = await freePort();
  const elsewhere = 'http://127.0.0.1:9';
  const child = spawn(process.execPath, ['--require', './dist/telemetry.js', 'dist/server.js'], {
    cwd: join(root, service),
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      OTEL_SDK_DISABLED: 'true',
      ...{ PORT: String(port), SESSION_SECRET: 'x'.repeat(32) },
      ...{ USER_SERVICE_URL: elsewhere, PRODUCT_SERVICE_URL: elsewhere, ORDER_SERVICE_URL: elsewhere },
      ...{ DB_HOST: '127.0.0.1', DB_PORT: String(databasePort), DB_NAME: schema },
      ...{ DB_USER: schema, DB_PASSWORD: `password of ${schema}` },
    },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const said = text(child.stderr);
  const ended = new Promise((resolve) => {
    child.on('close', async (status) => resolve({ status, stderr: await said }));
  });
  const readiness = () =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ status }) => status,
      () => undefined,
    );
  const ready = poll(readiness, { intervalMs: 100, limitMs: 20_000 });
  return { child, ready, ended };
}
