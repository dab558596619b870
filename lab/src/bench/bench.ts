import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNativeStack } from '../native/native-stack.ts';
import { createParts } from '../parts.ts';
import type { Progress } from '../progress.ts';
import { findPlaces, readSettings, type Settings } from '../settings.ts';
import type { Stack } from '../stack.ts';
import { startBareHandler } from './bare-process.ts';
import { measureTrips, registerCustomers } from './measure-trips.ts';
import { measureUrl } from './measure-url.ts';
import { startOtlpSink } from './otlp-sink.ts';
import { profileTable } from './profile.ts';
import { comparisonLines, type Measurement, type Memory, memoryTable, speedTable } from './report.ts';
import type { Sample } from './sample.ts';
import { cpuSeconds, privateBytes } from './usage.ts';

export type BenchOptions = { rounds: number; seconds: number };

type Target = Awaited<ReturnType<typeof openTarget>>;
type Scenario = { name: string; run: (target: Target, seconds: number) => Promise<Sample> };

const CONNECTIONS = 8;
const CUSTOMERS = 4;
/** Uncounted; by then V8 has optimized most of what a scenario uses. A few trips a second take a minute for the rest. */
const WARM_UP_SECONDS = 15;
/** Far from the ports that people use, and below those that Linux gives to outgoing connections (from 32768). */
const FIRST_OFFSET = 15_000;

const scenarios: readonly Scenario[] = [
  urlScenario('product list', (target) => `${target.urls['product-service']}/api/products`),
  urlScenario('home page', (target) => `${target.urls.frontend}/`),
  urlScenario('product page', (target) => `${target.urls.frontend}/product/laptop-pro`),
  {
    name: `trip, ${CUSTOMERS} customers`,
    run: (target, seconds) =>
      measureTrips(target.urls.frontend, target.customers, { seconds, logsInEachTime: false }),
  },
  {
    name: `trip with login, ${CUSTOMERS} customers`,
    run: (target, seconds) =>
      measureTrips(target.urls.frontend, target.customers, { seconds, logsInEachTime: true }),
  },
];

/**
 * Measures two shops of its own, one with telemetry off and one with it on (to a collector that keeps nothing), in
 * turns, and the bare handler among them; then once more, profiled. Reports tables in Markdown.
 */
export async function bench(
  { rounds, seconds }: BenchOptions,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-bench-'));
  const sink = await startOtlpSink();
  const telemetryOn = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_SDK_DISABLED: 'false' };
  const stacks: Stack[] = [];
  const start = async (name: string, index: number, environment: NodeJS.Dict<string>) => {
    report(`Starting a shop: ${name} …`);
    const place = { VITRINE_HOME: join(folder, name), PORT_OFFSET: String(FIRST_OFFSET + index * 10) };
    const settings = settingsIn({ ...environment, ...place });
    const shop = createParts(settings).filter(({ kind }) => kind === 'service' || kind === 'database');
    const stack = createNativeStack(settings, { report: () => undefined, signal }, shop);
    stacks.push(stack);
    await stack.up();
    return openTarget(settings, stack);
  };
  try {
    const off = await start('telemetry off', 0, { OTEL_SDK_DISABLED: 'true' });
    const on = await start('telemetry on', 1, telemetryOn);
    const memory = memoryTable(await off.memory(), await on.memory());

    const measurements = await measureInTurns(
      { off, on },
      sink.settledSpans,
      { rounds, seconds },
      { report, signal },
    );
    const exportedBytes = sink.receivedBytes();
    report('');
    for (const line of speedTable(measurements)) report(line);
    for (const line of comparisonLines(measurements)) report(line);
    report(`\nExported over OTLP meanwhile: ${(exportedBytes / 1e6).toFixed(0)} MB.\n`);
    for (const line of memory) report(line);
    report('');

    const profiles = join(folder, 'profiles');
    const profiled = await start('profiled', 2, {
      ...telemetryOn,
      NODE_OPTIONS: `--cpu-prof --cpu-prof-dir="${profiles}"`,
    });
    for (const { name, run } of scenarios) {
      signal.throwIfAborted();
      report(`Profiling: ${name} …`);
      await run(profiled, seconds);
    }
    // A profile is written when its process ends.
    await profiled.down();

    report('');
    for (const line of await profileTable(profiles)) report(line);
  } finally {
    await Promise.all(stacks.map((stack) => stack.down({ reset: true })));
    sink.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function urlScenario(name: string, urlOf: (target: Target) => string): Scenario {
  return {
    name: `${name}, ${CONNECTIONS} connections`,
    run: (target, seconds) => measureUrl(urlOf(target), CONNECTIONS, seconds),
  };
}

async function measureInTurns(
  { off, on }: { off: Target; on: Target },
  settledSpans: () => Promise<number>,
  { rounds, seconds }: BenchOptions,
  { report, signal }: Progress,
): Promise<Measurement[]> {
  const bare = await startBareHandler(off.productDatabase);
  const measurements: Measurement[] = [];
  const record = async (
    scenario: string,
    variant: Measurement['variant'],
    run: () => Promise<Sample>,
    target?: Target,
  ) => {
    signal.throwIfAborted();
    const spansBefore = await settledSpans();
    const cpuBefore = target?.cpuSeconds() ?? 0;
    const sample = await run();
    const runs = sample.perSecond * seconds;
    // What is exported after the run belongs to it, and to its cost.
    const spans = ((await settledSpans()) - spansBefore) / runs;
    const cpuMs = target && ((target.cpuSeconds() - cpuBefore) * 1000) / runs;
    measurements.push({ scenario, variant, ...sample, cpuMs, spans });
  };
  try {
    for (const { name, run } of scenarios) {
      report(`Warming up: ${name} …`);
      for (const target of [off, on]) {
        signal.throwIfAborted();
        await run(target, WARM_UP_SECONDS);
      }
    }
    for (let round = 1; round <= rounds; round += 1) {
      for (const { name, run } of scenarios) {
        report(`Round ${round} of ${rounds}: ${name} …`);
        if (name.startsWith('product list')) {
          await record(name, 'bare handler', () => measureUrl(bare.url, CONNECTIONS, seconds));
        }
        await record(name, 'telemetry off', () => run(off, seconds), off);
        await record(name, 'telemetry on', () => run(on, seconds), on);
      }
    }
  } finally {
    bare.stop();
  }
  return measurements;
}

/** Settings of a shop in the given environment; VITRINE_HOME and PORT_OFFSET say where. */
function settingsIn(environment: NodeJS.Dict<string>): Settings {
  // biome-ignore lint/style/noProcessEnv: the shop's programs are found by PATH
  const { PATH, HOME } = process.env;
  return readSettings(findPlaces(environment), { PATH, HOME, ...environment });
}

/** What is measured of a shop that is up, with customers registered. */
async function openTarget(settings: Settings, stack: Stack) {
  const parts = createParts(settings);
  const urls = {
    frontend: `http://127.0.0.1:${settings.ports.frontend}`,
    'user-service': `http://127.0.0.1:${settings.ports['user-service']}`,
    'product-service': `http://127.0.0.1:${settings.ports['product-service']}`,
  };
  const pids = (await stack.status()).flatMap(({ pid }) => pid ?? []);
  const [schema] = parts.flatMap((part) =>
    part.name === 'product_dbase' && part.kind === 'database' ? part.schemas : [],
  );
  return {
    urls,
    customers: await registerCustomers(urls['user-service'], CUSTOMERS),
    productDatabase: {
      host: '127.0.0.1',
      port: settings.ports.product_dbase,
      user: schema?.user,
      password: schema?.password,
      database: schema?.name,
    },
    memory: async (): Promise<Memory[]> =>
      (await stack.status()).flatMap(({ part, pid, residentBytes }) =>
        pid === undefined || residentBytes === undefined
          ? []
          : [{ part, residentBytes, privateBytes: privateBytes(pid) }],
      ),
    /** Used so far by all its processes, databases included. */
    cpuSeconds: () => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0),
    down: () => stack.down({ reset: true }),
  };
}
