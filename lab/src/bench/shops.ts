import { join } from 'node:path';
import { createNativeStack } from '../native/native-stack.ts';
import type { Part } from '../part.ts';
import { createParts } from '../parts.ts';
import type { Progress } from '../progress.ts';
import { findPlaces, readSettings, type Settings } from '../settings.ts';
import type { Stack } from '../stack.ts';
import { registerCustomers } from './measure-trips.ts';
import { type OtlpSink, startOtlpSink } from './otlp-sink.ts';
import { withShopsFolder } from './shops-folder.ts';
import { usageOf } from './usage.ts';

export const CUSTOMERS = ['bench-1', 'bench-2', 'bench-3', 'bench-4'];
/** This is far from the ports that people use, and below those that Linux gives to outgoing connections (from 32768). */
const FIRST_OFFSET = 15_000;

/** A shop that is up and has customers. */
export type Shop = Awaited<ReturnType<typeof openShop>>;

/** `environment` is that of the services; `root` is the repository whose services run, by default this one. */
type ShopOptions = { name: string; environment: NodeJS.Dict<string>; root?: string };

export type BenchEnvironment = {
  sink: OtlpSink;
  /** The folder is deleted when the work ends. */
  folder: string;
  /** Starts a shop that sends its telemetry to the sink. */
  startShop: (options: ShopOptions) => Promise<Shop>;
};

/** Gives `work` a collector and shops; stops the shops and deletes their data when it ends, however it ends. */
export async function withShops(
  { report, signal }: Progress,
  work: (environment: BenchEnvironment) => Promise<void>,
): Promise<void> {
  const sink = await startOtlpSink();
  await withShopsFolder(report, (folder, stops) => {
    const startShop = async ({ name, environment, root }: ShopOptions) => {
      report(`Starting a shop: ${name} …`);
      const offset = String(FIRST_OFFSET + stops.length * 10);
      const place = { VITRINE_HOME: join(folder, name), PORT_OFFSET: offset };
      const telemetry = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, ...environment };
      const settings = settingsIn({ ...telemetry, ...place }, root);
      const parts = partsOfShop(settings).map((part) => (root === undefined ? part : withOneAccount(part)));
      const stack = createNativeStack(settings, { report: () => undefined, signal }, parts);
      stops.push(() => stack.down({ reset: true }));
      await stack.up();
      return openShop(settings, stack);
    };
    return work({ sink, folder, startShop });
  }).finally(sink.stop);
}

/** Picks the services and databases: a customer needs no more. */
export function partsOfShop(settings: Settings) {
  return createParts(settings).filter(({ kind }) => kind === 'service' || kind === 'database');
}

/** Gives a service of another build, which may be too old to have two, the account that may do all. */
function withOneAccount(part: Part): Part {
  if (part.kind !== 'service') return part;
  const { DB_MIGRATION_USER: DB_USER = '', DB_MIGRATION_PASSWORD: DB_PASSWORD = '' } = part.environment;
  return { ...part, environment: { ...part.environment, DB_USER, DB_PASSWORD } };
}

/** Reads the settings of a shop from `environment`, which has VITRINE_HOME and PORT_OFFSET. */
function settingsIn(environment: NodeJS.Dict<string>, root?: string): Settings {
  // biome-ignore lint/style/noProcessEnv: the shop's programs are found by PATH
  const { PATH, HOME } = process.env;
  const settings = readSettings(findPlaces(environment), { PATH, HOME, ...environment });
  return root === undefined ? settings : { ...settings, root };
}

/** Returns the addresses that the load is sent to. */
export function urlsOf({ ports }: Pick<Settings, 'ports'>) {
  return {
    frontend: `http://127.0.0.1:${ports.frontend}`,
    'user-service': `http://127.0.0.1:${ports['user-service']}`,
    'product-service': `http://127.0.0.1:${ports['product-service']}`,
  };
}

async function openShop(settings: Settings, stack: Stack) {
  const urls = urlsOf(settings);
  const pids = (await stack.status()).flatMap(({ part, pid }) =>
    pid === undefined ? [] : [[part, pid] as const],
  );
  const [schema] = createParts(settings).flatMap((part) =>
    part.name === 'product_dbase' && part.kind === 'database' ? part.schemas : [],
  );
  await registerCustomers(urls['user-service'], CUSTOMERS);
  return {
    settings,
    urls,
    customers: CUSTOMERS,
    productDatabase: {
      host: '127.0.0.1',
      port: settings.ports.product_dbase,
      user: schema?.user,
      password: schema?.password,
      database: schema?.name,
    },
    ...usageOf(Object.fromEntries(pids)),
    stop: () => stack.down({ reset: true }),
  };
}
