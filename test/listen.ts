import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';

export interface Listening {
  port: number;
  /** `http://127.0.0.1:port` */
  url: string;
  /** Stops listening and cuts the open connections. */
  close(): Promise<void>;
}

/** Starts an HTTP server on 127.0.0.1, on a free port unless one is given. */
export async function listen(handler: RequestListener, port = 0): Promise<Listening> {
  const server = createServer(handler).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
