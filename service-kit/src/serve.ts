import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { giveBackMemory } from './idle-memory';
import { type Logger, logEvent } from './logger';
import { logs } from './registry/kit';
import { onStopSignal } from './stop-signal';
import { noteStop } from './telemetry/process-metrics';
import { stopTelemetry } from './telemetry/start';

/** Longer than the idle time of any client's pool, so that clients close idle connections first. */
const KEEP_ALIVE_MS = 65_000;
/** While draining, every response closes its connection; connections without a request for this long are idle. */
const DRAIN_MS = 500;
/** Long enough for requests that clients have already sent to arrive. */
const HOLD_MS = 100;
const BACKLOG_LIMIT_MS = 1000;
/** A client that has just connected sends its request within this time, also on a busy machine. */
const FIRST_REQUEST_LIMIT_MS = 1000;
const REQUESTS_LIMIT_MS = 5000;
const CLOSE_LIMIT_MS = 500;
const POLL_MS = 10;

interface ServeOptions {
  host: string;
  port: number;
  /** Whether another process of this user may listen on the port at the same time; false by default. */
  reusePort?: boolean;
  logger: Logger;
  /** Closes the app's pools once the requests are finished. */
  close: () => Promise<void>;
}

/**
 * Listens until SIGTERM or SIGINT; then answers `/readyz` with 503, finishes the requests in flight, closes the pools,
 * flushes the telemetry and ends the process with status 0, all within ten seconds.
 *
 * @throws when it cannot listen, for example because the port is taken
 */
export async function serve(
  app: RequestListener,
  { host, port, reusePort = false, logger, close }: ServeOptions,
): Promise<void> {
  const { server, drain } = createDrainingServer(app);
  // Loading leaves some 8 MB of garbage, most of it compiled code that never runs again.
  giveBackMemory();
  server.listen({ host, port, reusePort });
  await once(server, 'listening');
  logEvent(logger, logs.listening, { 'server.address': host, 'server.port': port });

  onStopSignal(async (signal) => {
    noteStop();
    logEvent(logger, logs.stopping, { signal });
    await drain();
    await close().catch((error) => logEvent(logger, logs.notClosed, { err: error }));
    logEvent(logger, logs.stopped, {});
    await stopTelemetry();
    process.exit(0);
  });
}

/**
 * Creates a server that can stop without resetting a connection that carries a request. While it drains, every response
 * says `Connection: close`. A socket that stops listening resets the connections it has not accepted yet, so responses
 * are held back just before: a client that waits for one opens no new connection. Where another process listens on the
 * port, clients of that one still do, and only what arrives between the last look and the close is reset.
 */
function createDrainingServer(app: RequestListener): { server: Server; drain: () => Promise<void> } {
  let isDraining = false;
  let hold: Promise<void> | undefined;
  const unanswered = new Set<ServerResponse>();
  /** Connections that were made while it drains and have not carried a request yet. */
  const silent = new Set<Socket>();
  const answer: RequestListener = (request, response) => {
    // No new requests may be sent here any more.
    if (isDraining && request.url === '/readyz') sayStopping(response);
    else app(request, response);
  };
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: KEEP_ALIVE_MS + 1000 },
    (request, response) => {
      unanswered.add(response);
      response.once('close', () => unanswered.delete(response));
      if (hold) hold.then(() => answer(request, response));
      else answer(request, response);
    },
  );

  /** Waits until three turns of the event loop, each of which accepts one connection at most, have brought none. */
  async function backlogAccepted(): Promise<void> {
    let connections = 0;
    server.on('connection', () => {
      connections += 1;
    });
    const deadline = Date.now() + BACKLOG_LIMIT_MS;
    let before: number;
    do {
      before = connections;
      for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    } while (connections > before && Date.now() < deadline);
  }

  const isAllAnswered = () => unanswered.size === 0;

  async function drain(): Promise<void> {
    isDraining = true;
    server.prependListener('request', ({ socket }, response) => {
      silent.delete(socket);
      response.setHeader('Connection', 'close');
    });
    server.on('connection', (socket) => {
      silent.add(socket);
      socket.once('close', () => silent.delete(socket));
    });
    await delay(DRAIN_MS);
    hold = delay(HOLD_MS).then(backlogAccepted);
    await hold;
    server.close();
    // Another process that listens on the port does not hold its responses, so connections came up to now.
    await until(() => silent.size === 0, FIRST_REQUEST_LIMIT_MS);
    // The callback of `server.close` would wait for connections that clients opened in advance.
    await until(isAllAnswered, REQUESTS_LIMIT_MS);
    // With an error, these do not count as abandoned by their clients.
    for (const response of unanswered) response.destroy(new Error('Not answered before the service stopped'));
    server.closeAllConnections();
    // Their spans and log lines are made when they close.
    await until(isAllAnswered, CLOSE_LIMIT_MS);
  }
  return { server, drain };
}

/** Waits until `isSo`, or until the time is up. */
async function until(isSo: () => boolean, limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!isSo() && Date.now() < deadline) await delay(POLL_MS);
}

function sayStopping(response: ServerResponse): void {
  response.writeHead(503, { 'Content-Type': 'application/json' }).end('{"status":"stopping"}');
}
