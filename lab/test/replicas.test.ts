import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import mysql from 'mysql2/promise';
import { expect, onTestFinished, test, vi } from 'vitest';
import { databaseVariables, freshDatabase, type TestDatabase } from '../../test/database.ts';
import { freePort } from '../../test/database-server.ts';
import { poll } from '../src/poll.ts';

vi.setConfig({ testTimeout: 60_000 });

const root = join(import.meta.dirname, '../..');

test.for([
  ['user-service', 'SELECT username, is_admin FROM users', [{ username: 'admin', is_admin: 1 }]],
  [
    ...(['product-service', 'SELECT COUNT(*) AS products, MAX(id) AS last FROM products'] as const),
    [{ products: 10, last: 10 }],
  ],
  ['order-service', 'SELECT * FROM orders', []],
  ['frontend', 'SELECT * FROM session', []],
] as const)(
  'When three replicas of %s start at once on an empty schema, then all get ready and the data is there once',
  async ([service, query, rows]) => {
    const database = await freshDatabase('replicas');
    const replicas = await Promise.all([1, 2, 3].map(() => startReplica(service, database)));
    expect(await Promise.all(replicas.map(({ ready }) => ready))).toEqual([200, 200, 200]);
    const connection = await mysql.createConnection(database);
    onTestFinished(() => connection.end());
    expect((await connection.query(query))[0]).toEqual(rows);

    for (const { child } of replicas) child.kill();
    const ends = await Promise.all(replicas.map(({ ended }) => ended));
    expect(ends).toEqual([0, 0, 0].map((status) => ({ status, stderr: '' })));
  },
);

/** The compiled service as a process. `ready` is the status of /readyz, once it answers. */
async function startReplica(service: string, database: TestDatabase) {
  const port = await freePort();
  const elsewhere = 'http://127.0.0.1:9';
  const child = spawn(process.execPath, ['--require', './dist/telemetry.js', 'dist/server.js'], {
    cwd: join(root, service),
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      OTEL_SDK_DISABLED: 'true',
      ...{ PORT: String(port), SESSION_SECRET: 'x'.repeat(32) },
      ...{ USER_SERVICE_URL: elsewhere, PRODUCT_SERVICE_URL: elsewhere, ORDER_SERVICE_URL: elsewhere },
      ...databaseVariables(database),
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
  const ready = poll(readiness, { intervalMs: 100, limitMs: 60_000 });
  return { child, ready, ended };
}
