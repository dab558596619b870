import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { findPortOwner, findSharer, listensOn, whyNotFree } from '../src/native/port-owner.ts';

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

test('When two processes share a port, then each is told from the other, and from one at another address', async () => {
  const program = `require('node:net').createServer().listen({
    host: '127.0.0.1', port: +process.argv[1], reusePort: true }, function () { console.log(this.address().port); })`;
  const share = async (port: number) => {
    const child = spawn(process.execPath, ['-e', program, String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill());
    const [line] = await once(child.stdout, 'data');
    return { pid: child.pid ?? 0, port: Number(line) };
  };
  const { port, pid } = await share(0);
  const elsewhere = createServer().listen(port, '127.0.0.2');
  onTestFinished(() => void elsewhere.close());
  await once(elsewhere, 'listening');
  expect([listensOn(port, pid), findSharer(port, pid)]).toEqual([true, undefined]);
  expect(findSharer(port, process.pid)).toBeUndefined();

  const other = await share(port);
  expect(findSharer(port, pid)).toEqual({ pid: other.pid, command: expect.stringContaining('node') });
  expect(findSharer(port, other.pid)).toMatchObject({ pid });
  expect(listensOn(port, process.ppid)).toBe(false);
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
