import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { findPortOwner, whyNotFree } from '../src/native/port-owner.ts';

async function listen(host: string): Promise<number> {
  const server: Server = createServer().listen(0, host);
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP port');
  return address.port;
}

test.each(['127.0.0.1', '0.0.0.0', '::'])(
  'When something listens on %s, then its port is taken, and by whom is known',
  async (host) => {
    const port = await listen(host);
    expect(await whyNotFree('127.0.0.1', port)).toBe('EADDRINUSE');
    expect(findPortOwner(port)).toEqual({ pid: process.pid, command: expect.stringContaining('node') });
  },
);

test('When a connection goes out from the port, then it is taken, and by whom is known', async () => {
  const socket = connect({ host: '127.0.0.1', port: await listen('127.0.0.1') });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const { localPort: port = 0 } = socket;
  expect(await whyNotFree('127.0.0.1', port)).toBe('EADDRINUSE');
  expect(findPortOwner(port)).toMatchObject({ pid: process.pid });
});

test('When nobody listens, then the port is free, and nobody owns it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  const port = typeof address === 'object' && address ? address.port : 0;
  expect(await whyNotFree('127.0.0.1', port)).toBeUndefined();
  expect(findPortOwner(port)).toEqual({});
});

test('When the address is not one of this machine, then the reason is said', async () => {
  expect(await whyNotFree('192.0.2.1', 5000)).toBe('EADDRNOTAVAIL');
});
