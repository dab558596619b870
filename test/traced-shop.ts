import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SERVICES, type Service } from '@vitrine/service-kit/registry/declaration';
import { poll } from '../lab/src/poll.ts';
import { createShopper } from '../lab/src/traffic/shopper.ts';
import { databaseVariables, freshDatabase } from './database';
import { freePort } from './database-server';
import { startOtlpSink } from './otlp-sink';
import { startTcpProxy } from './tcp-proxy';

const root = join(__dirname, '..');

/** The compiled services as processes of their own, which send their telemetry to a sink. `settings` are for all. */
export async function startTracedShop(
  names: readonly Service[] = SERVICES,
  settings: Record<string, string> = {},
) {
  const sink = await startOtlpSink();
  const ports = Object.fromEntries(await Promise.all(SERVICES.map(async (name) => [name, await freePort()])));
  const urlOf = (name: Service) => `http://127.0.0.1:${ports[name]}`;

  const started = await Promise.all(
    names.map(async (name) => {
      const database = await freshDatabase(name.replace('-', '_'));
      const proxy = await startTcpProxy(database);
      const child = spawn(process.execPath, ['--require', './dist/telemetry.js', 'dist/server.js'], {
        cwd: join(root, name),
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
          PORT: String(ports[name]),
          ...databaseVariables({ ...database, port: proxy.port }),
          USER_SERVICE_URL: urlOf('user-service'),
          PRODUCT_SERVICE_URL: urlOf('product-service'),
          ORDER_SERVICE_URL: urlOf('order-service'),
          SESSION_SECRET: 'a secret of at least thirty-two characters',
          BCRYPT_COST: '4',
          ...settings,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]).then(
        ([[status], stdout, stderr]) => ({ status, stdout, stderr }),
      );
      return { name, child, ended, proxy };
    }),
  );
  async function close() {
    for (const { child } of started) child.kill('SIGKILL');
    await Promise.all(started.map(({ ended }) => ended));
    await Promise.all(started.map(({ proxy }) => proxy.close()));
    sink.stop();
  }

  try {
    for (const { name, child, ended } of started) await untilReady(urlOf(name), child, ended);
  } catch (error) {
    await close();
    throw error;
  }

  /** Stops the services as an operator would. @returns how they ended, and how long that took */
  async function stop() {
    const startedAt = performance.now();
    for (const { child } of started) child.kill();
    const ends = await Promise.all(started.map(async ({ name, ended }) => ({ name, ...(await ended) })));
    return { ends, milliseconds: performance.now() - startedAt };
  }

  return {
    sink,
    url: (name: Service) => urlOf(name),
    /** Makes the service's database appear there, hanging or gone. */
    pretend(name: Service, state: 'there' | 'hanging' | 'gone') {
      for (const service of started) if (service.name === name) service.proxy.pretend(state);
    },
    /** Returns the number of bytes that wait on the way to and from its hanging database. */
    heldBytes: (name: Service) => started.find((service) => service.name === name)?.proxy.heldBytes() ?? 0,
    stop,
    close,
  };
}

export type TracedShop = Awaited<ReturnType<typeof startTracedShop>>;

async function untilReady(url: string, child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  const isReady = () =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => (ok ? true : undefined),
      () => (child.exitCode === null ? undefined : false),
    );
  if (await poll(isReady, { intervalMs: 50, limitMs: 60_000 })) return;
  child.kill('SIGKILL');
  throw new Error(`${url} is not ready: ${JSON.stringify(await ended)}`);
}

export interface Account {
  username: string;
  password: string;
  email: string;
}

/** Registers, logs in, fills a cart and buys. @returns the trace id on the thank-you page */
export async function purchase(url: string, account: Account, quantity = 2): Promise<string> {
  const shopper = createShopper(url);
  const { username, password, email } = account;
  const names = { first_name: 'Augusta', last_name: 'Byron' };
  try {
    await shopper.open('/register');
    await shopper.submit('/register', { ...names, email, username, password });
    await shopper.submit('/login', { username, password });
    await shopper.open('/product/laptop-pro');
    await shopper.submit('/product/laptop-pro', { quantity: String(quantity) });
    await shopper.open('/checkout');
    const { html } = await shopper.submit('/checkout/process');
    const [traceId] = /\b[0-9a-f]{32}\b/.exec(html) ?? [];
    if (traceId === undefined) throw new Error(`No trace id on the thank-you page:\n${html}`);
    return traceId;
  } finally {
    shopper.leave();
  }
}
