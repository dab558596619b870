import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../test/database-server.ts';
import { refuseTakenPorts } from '../src/taken-ports.ts';

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

test('When this user may not listen at a port, then only native mode complains: the engine may', async () => {
  // No machine has this address: it belongs to a network for documentation.
  const wanted = [{ name: 'frontend', port: 5000, host: '192.0.2.1' }] as const;
  const message = 'frontend cannot listen on 192.0.2.1:5000: EADDRNOTAVAIL.';
  await expect(refuseTakenPorts(wanted)).rejects.toThrow(message);
  await refuseTakenPorts(wanted, 'docker');
});
