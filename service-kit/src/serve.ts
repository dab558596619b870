import { createServer, type RequestListener, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Logger, logEvent } from './logger';
import { logs } from './registry/kit';
import { stopTelemetry } from './telemetry/start';

/** Longer than the idle time of any client's pool, so that it is the client who closes an idle connection. */
const KEEP_ALIVE_MS = 65_000;
/** While draining, every answer asks its client to leave; who has not asked anything for this long is idle. */
const DRAIN_MS = 500;
/** Long enough for the requests that are under way to the server to arrive. */
const HOLD_MS = 100;
const REQUESTS_LIMIT_MS = 6000;
const POLL_MS = 10;

interface ServeOptions {
  host: string;
  port: number;
  logger: Logger;
  /** Closes what the app uses (pools), when no request is left. */
  close: () => Promise<void>;
}

/**
 * Listens until SIGTERM or SIGINT; then finishes the requests in flight, closes what the app uses, flushes the
 * telemetry and ends the process with status 0, all within ten seconds.
 *
 * @throws when it cannot listen, because the port is taken, say
 */
export async function serve(
  app: RequestListener,
  { host, port, logger, close }: ServeOptions,
): Promise<void> {
  const { server, drain } = createDrainingServer(app);
  dropStartUpGarbage();
  await listen(server, host, port);
  logEvent(logger, logs.listening, { 'server.address': host, 'server.port': port });

  let isStopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (isStopping) return;
    isStopping = true;
    logEvent(logger, logs.stopping, { signal });
    await drain();
    await close().catch((error) => logEvent(logger, logs.notClosed, { err: error }));
    logEvent(logger, logs.stopped, {});
    await stopTelemetry();
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/**
 * Loading leaves some 8 MB of garbage, most of it compiled code that never runs again; without much traffic V8 would
 * keep it for good. Takes 50 to 100 ms; does nothing without `--expose-gc`.
 */
function dropStartUpGarbage(): void {
  globalThis.gc?.({ type: 'major', flavor: 'last-resort' });
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/**
 * A server that can stop without resetting a connection on which a request is under way. While it drains, every answer
 * says `Connection: close`. A socket that stops listening resets the connections it has not accepted yet, so just
 * before it does, answers are held back: who waits for one opens no new connection.
 */
function createDrainingServer(app: RequestListener): { server: Server; drain: () => Promise<void> } {
  let hold: Promise<void> | undefined;
  let unanswered = 0;
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: KEEP_ALIVE_MS + 1000 },
    (request, response) => {
      unanswered += 1;
      response.once('close', () => {
        unanswered -= 1;
      });
      if (hold) hold.then(() => app(request, response));
      else app(request, response);
    },
  );

  async function drain(): Promise<void> {
    server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
    await delay(DRAIN_MS);
    hold = delay(HOLD_MS);
    await hold;
    server.close();
    // Not until `server.close` calls back: connections that a client opened in advance keep it from that.
    const deadline = Date.now() + REQUESTS_LIMIT_MS;
    while (unanswered > 0 && Date.now() < deadline) await delay(POLL_MS);
    server.closeAllConnections();
  }
  return { server, drain };
}
