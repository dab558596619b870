import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { LabError } from '../lab-error.ts';
import { whyNotCompiled } from '../native/backends/compilation.ts';
import type { ProgramName } from '../native/backends/programs.ts';
import { createJaeger } from '../query/jaeger.ts';
import { createLoki } from '../query/loki.ts';
import { createPrometheus } from '../query/prometheus.ts';
import { createConsole } from './app.ts';
import type { ConsoleConfig } from './config.ts';

const drainLimitMs = 2000;

/**
 * Listens until `signal` aborts, also at `hostForAlerts` if it is given, finishes running requests and resolves. Throws a
 * LabError when it cannot listen.
 */
export async function serveConsole(
  config: ConsoleConfig,
  signal: AbortSignal,
  hostForAlerts?: string,
): Promise<void> {
  const { CACHE_FOLDER: cache } = config;
  const whyAway = (name: ProgramName) => (cache === undefined ? undefined : whyNotCompiled(cache, name));
  const app = createConsole({
    jaeger: createJaeger(config.JAEGER_URL, undefined, whyAway('jaeger')),
    prometheus: createPrometheus(config.PROMETHEUS_URL, undefined, whyAway('prometheus')),
    loki: createLoki(config.LOKI_URL, undefined, whyAway('loki')),
    jaegerUrl: config.JAEGER_URL,
    shopUrl: config.SHOP_URL,
  });
  const { HOST: host, PORT: port } = config;
  const servers: Server[] = [];
  try {
    if (hostForAlerts !== undefined) {
      servers.push(await listen(app, hostForAlerts, port, signal));
      process.stdout.write(`Alerts come in at http://${hostForAlerts}:${port}/alerts\n`);
    }
    servers.push(await listen(app, host, port, signal));
    const address = host.includes(':') ? `[${host}]` : host;
    process.stdout.write(`The console is open: http://${address}:${port}\n`);
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await Promise.all(servers.map(close));
  }
}

async function listen(
  app: RequestListener,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<Server> {
  const server = createServer(app);
  try {
    server.listen(port, host);
    await once(server, 'listening', { signal });
    return server;
  } catch (error) {
    throw new LabError(`The console cannot listen on ${host}:${port}: ${whyNot(error)}.`);
  }
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), drainLimitMs).unref();
  await closed;
}

function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && error.code === 'EADDRINUSE' ? 'something listens there already' : error.message;
}
