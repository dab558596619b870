import { once } from 'node:events';
import { createServer } from 'node:http';
import { LabError } from '../lab-error.ts';
import { createJaeger } from '../query/jaeger.ts';
import { createLoki } from '../query/loki.ts';
import { createPrometheus } from '../query/prometheus.ts';
import { createConsole } from './app.ts';
import type { ConsoleConfig } from './config.ts';

const drainLimitMs = 2000;

/** Listens until `signal` aborts, finishes running requests and resolves. Throws a LabError when it cannot listen. */
export async function serveConsole(config: ConsoleConfig, signal: AbortSignal): Promise<void> {
  const app = createConsole({
    jaeger: createJaeger(config.JAEGER_URL),
    prometheus: createPrometheus(config.PROMETHEUS_URL),
    loki: createLoki(config.LOKI_URL),
    jaegerUrl: config.JAEGER_URL,
    shopUrl: config.SHOP_URL,
  });
  const server = createServer(app);
  const { HOST: host, PORT: port } = config;
  try {
    server.listen(port, host);
    await once(server, 'listening', { signal });
  } catch (error) {
    throw new LabError(`The console cannot listen on ${host}:${port}: ${whyNot(error)}.`);
  }
  const address = host.includes(':') ? `[${host}]` : host;
  process.stdout.write(`The console is open: http://${address}:${port}\n`);

  if (!signal.aborted) await once(signal, 'abort');
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
