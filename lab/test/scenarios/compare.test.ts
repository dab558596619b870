import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { freePort } from '../../../test/database-server.ts';
import { test } from '../stack/stack-test.ts';
import { root } from '../stack/start-stack.ts';
import { temporaryFolder } from '../temporary-folder.ts';

test('When a second backend is tried, then the table shows what gets to it', async ({ stack }) => {
  const file = join(temporaryFolder(), 'second.yaml');
  const text = readFileSync(join(root, 'examples/pipelines/second-backend.yaml'), 'utf8');
  writeFileSync(file, text.replaceAll('127.0.0.1:4327', `127.0.0.1:${await freePort()}`));
  const { status, stdout, stderr } = await stack.vitrine('compare', file, '--seconds', '10');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  for (const what of ['spans', 'log lines', 'metric points'])
    expect(stdout).toMatch(new RegExp(`^${what}/s to otlp_grpc/second +– +[1-9][0-9.]* +new$`, 'm'));
  for (const what of ['requests', 'traces', 'spans', 'log lines', 'kB'])
    expect(stdout).toMatch(new RegExp(`^${what}/s.* +[1-9][0-9.]* +[1-9][0-9.]* `, 'm'));
  for (const what of ['frontend', 'user-service', 'product-service', 'order-service'])
    expect(stdout.match(new RegExp(`^  ${what} `, 'gm'))).toHaveLength(5);
});
