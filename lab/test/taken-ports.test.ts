import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../test/database-server.ts';
import { LabError } from '../src/lab-error.ts';
import { refuseSharedPort, refuseTakenPorts } from '../src/taken-ports.ts';

test('When a port is taken, then its owner is named in both modes', async () => {
  const port = await freePort();
  const server = createServer().listen(port, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const wanted = [{ name: 'frontend', port, host: '127.0.0.1' }] as const;
  for (const mode of ['native', 'docker'] as const) {
    const message = `Port ${port}, which frontend needs, is taken by process ${process.pid}: `;
    await expect(refuseTakenPorts(wanted, mode)).rejects.toThrow(message);
  }
});

test('When another process shares a port, then it is named', async () => {
  const port = await freePort();
  const share = `require('node:net').createServer().listen({ host: '127.0.0.1', port: ${port}, reusePort: true },
    () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', share], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill());
  await once(child.stdout, 'data');
  refuseSharedPort({ name: 'frontend', port }, child.pid ?? 0);

  const server = createServer().listen({ host: '127.0.0.1', port, reusePort: true });
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const message = `Port ${port}, which frontend needs, is taken by process ${process.pid}: `;
  expect(() => refuseSharedPort({ name: 'frontend', port }, child.pid ?? 0)).toThrow(message);
});

test('When the address is not this machine’s, then only native mode complains: the engine may be elsewhere', async () => {
  // No machine has this address: it belongs to a network for documentation.
  const wanted = [{ name: 'frontend', port: 5000, host: '192.0.2.1' }] as const;
  const message = 'BIND_ADDRESS=192.0.2.1 is not an address of this machine: set another one.';
  await expect(refuseTakenPorts(wanted)).rejects.toThrow(new LabError(message));
  await refuseTakenPorts(wanted, 'docker');
});
