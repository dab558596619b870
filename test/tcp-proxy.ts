import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /**
   * Makes the server behind appear to be there; hanging (connections stay open and no byte passes); or gone
   * (connections are cut, new ones at once).
   */
  pretend(state: 'there' | 'hanging' | 'gone'): void;
  /** Returns the number of bytes that have arrived and wait while it hangs. */
  heldBytes(): number;
  close(): Promise<void>;
}

/** Starts a proxy in front of a shared server, which can so appear hung or gone to one client only. */
export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  let state: Parameters<TcpProxy['pretend']>[0] = 'there';
  const sockets = new Set<Socket>();

  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };

  // The database server sends small packets without delay, and so must the proxy: the client gets each answer at once.
  const server = createServer({ noDelay: true }, (client) => {
    if (state === 'gone') {
      client.resetAndDestroy();
      return;
    }
    const upstream = keep(connect({ ...target, noDelay: true }));
    keep(client);
    client.on('close', () => upstream.destroy()).on('data', (bytes) => upstream.write(bytes));
    upstream.on('close', () => client.destroy()).on('data', (bytes) => client.write(bytes));
    if (state === 'hanging') for (const socket of [client, upstream]) socket.pause();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port');

  return {
    port: address.port,
    pretend(next) {
      state = next;
      for (const socket of sockets) {
        if (state === 'gone') socket.resetAndDestroy();
        else if (state === 'hanging') socket.pause();
        else socket.resume();
      }
    },
    heldBytes: () => [...sockets].reduce((sum, { readableLength }) => sum + readableLength, 0),
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
