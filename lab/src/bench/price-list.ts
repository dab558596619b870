import { LabError } from '../lab-error.ts';
import { createNativeStack } from '../native/native-stack.ts';
import { type PartName, serviceNames } from '../part-names.ts';
import type { Progress } from '../progress.ts';
import type { Stack } from '../stack.ts';
import { type OtlpSink, type Received, signals } from './otlp-sink.ts';
import type { PriceRow } from './price-rows.ts';
import { contradictions, explanation, priceTable, type Reading } from './price-table.ts';
import { productList, type Scenario } from './scenarios.ts';
import { partsOfShop, type Shop, withShops } from './shops.ts';
import type { BenchOptions } from './turns.ts';
import { cpuSeconds, sum } from './usage.ts';

/** V8 needs this long to optimize a request, and most of a trip. */
const WARM_UP_SECONDS = { productList: 3, others: 10 };
/** Starting and stopping the services takes about this long; only the forecast uses it. */
const CHANGE_SECONDS = 4;

/**
 * Measures what each row costs: starts the services with its variables, warms them up, measures, and stops them; row
 * after row, round after round, each time beginning with another row. The databases keep running. Reports tables in
 * Markdown. Throws a LabError when what arrives at the collector contradicts a row's variables.
 */
export function priceList(
  rows: readonly PriceRow[],
  loads: readonly Scenario[],
  { rounds, seconds }: BenchOptions,
  progress: Progress,
): Promise<void> {
  const { report } = progress;
  return withShops(progress, async ({ sink, startShop }) => {
    const forecast = loads.reduce((sum, load) => sum + warmUpOf(load) + seconds + CHANGE_SECONDS, 0);
    report(
      `${rows.length} rows, ${rounds} rounds: some ${Math.ceil((forecast * rows.length * rounds) / 60)} minutes.`,
    );
    const shop = await startShop({ name: 'price list', environment: {} });
    await stopServices(stackOf(shop, {}, progress), serviceNames);

    const readings = new Map<Scenario, Reading[]>(loads.map((load) => [load, []]));
    for (let round = 1; round <= rounds; round += 1) {
      for (const [load, earlier] of readings) {
        const own: Reading[] = [];
        for (const { name, environment } of rotate(rows, (round - 1) / rounds)) {
          report(`Round ${round} of ${rounds}, ${load.name}: ${name} …`);
          own.push({
            row: name,
            ...(await measureRow(load, shop, environment, { seconds, sink, progress })),
          });
        }
        refuseContradictions(load, rows, own);
        earlier.push(...own);
      }
    }
    for (const [load, own] of readings) {
      const inOrder = rows.flatMap(({ name }) => own.filter(({ row }) => row === name));
      for (const line of ['', ...priceTable(load, inOrder)]) report(line);
    }
    report(`\n${explanation}`);
  });
}

/** Puts the first `share` of the rows behind the others. */
export function rotate<Each>(rows: readonly Each[], share: number): readonly Each[] {
  const first = Math.floor(rows.length * share);
  return [...rows.slice(first), ...rows.slice(0, first)];
}

async function measureRow(
  load: Scenario,
  shop: Shop,
  environment: PriceRow['environment'],
  { seconds, sink, progress }: { seconds: number; sink: OtlpSink; progress: Progress },
): Promise<Omit<Reading, 'row'>> {
  const { signal } = progress;
  const stack = stackOf(shop, environment, progress);
  const services = servicesOf(load);
  const before = sink.received();
  if (load === productList) await stack.start('product-service');
  else await stack.up();
  const warmUp = await load.run(shop, warmUpOf(load), signal);

  const pids = (await statusOf(stack, services)).flatMap(({ pid }) => pid ?? []);
  const cpu = () => sum(pids.map(cpuSeconds));
  const cpuBefore = cpu();
  const sample = await load.run(shop, seconds, signal);
  const cpuMs = ((cpu() - cpuBefore) * 1000) / sample.count;
  const parts = await statusOf(stack, services);
  const residentBytes = parts.reduce((sum, part) => sum + (part.residentBytes ?? 0), 0);

  // Services send what they still have queued when they stop, so the sink has then counted both runs completely.
  await stopServices(stack, services);
  const received = forEach(sink.received(), before, warmUp.count + sample.count);
  return { ...sample, failures: warmUp.failures + sample.failures, cpuMs, residentBytes, received };
}

/** Controls the shop's parts; services that it starts get the row's variables. */
function stackOf({ settings }: Shop, environment: PriceRow['environment'], { signal }: Progress): Stack {
  const configured = { ...settings, passedOn: { ...settings.passedOn, ...environment } };
  return createNativeStack(configured, { report: () => undefined, signal }, partsOfShop(configured));
}

function servicesOf(load: Scenario): readonly PartName[] {
  return load === productList ? ['product-service'] : serviceNames;
}

function warmUpOf(load: Scenario): number {
  return load === productList ? WARM_UP_SECONDS.productList : WARM_UP_SECONDS.others;
}

async function statusOf(stack: Stack, names: readonly PartName[]) {
  return (await stack.status()).filter(({ part }) => names.includes(part));
}

function stopServices(stack: Stack, names: readonly PartName[]): Promise<unknown> {
  return Promise.all(names.map((name) => stack.stop(name)));
}

function forEach(after: Received, before: Received, count: number): Received {
  const bytes = { traces: 0, metrics: 0, logs: 0 };
  for (const signal of signals) bytes[signal] = (after.bytes[signal] - before.bytes[signal]) / count;
  return { spans: (after.spans - before.spans) / count, bytes };
}

function refuseContradictions(load: Scenario, rows: readonly PriceRow[], readings: readonly Reading[]): void {
  const found = contradictions(load, rows, readings);
  if (found.length === 0) return;
  throw new LabError(
    `There is no price list, since a switch does not do what it says (${load.name}):\n${found.join('\n')}`,
  );
}
