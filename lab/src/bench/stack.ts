import { resolve } from 'node:path';
import type { Progress } from '../progress.ts';
import { requireBuild } from './against.ts';
import { breakdownTable, memoryTable, sumsOfParts } from './breakdown.ts';
import { openOriginal } from './original.ts';
import { comparisonTable, type Measurement, speedTable } from './report.ts';
import type { Scenario, Target } from './scenarios.ts';
import { seedLargeShop } from './seed.ts';
import { type BenchOptions, measureInTurns, shopContender } from './turns.ts';
import type { Memory, Usage } from './usage.ts';
import { ownRoot, settledSpans, type WholeShop, withWholeShops } from './whole-shops.ts';

const LOAD_SECONDS = 60;

/** Those that take turns, by name. The usage of the original is unknown. */
type Contenders = Readonly<Record<string, Target & Partial<Usage>>>;

/**
 * Measures this build with all its backends, in turns with the build in the folder `against` and with the original at the
 * address `original`, where these are given. Reports tables in Markdown.
 */
export function benchStack(
  { against, original }: { against?: string | undefined; original?: string | undefined },
  scenarios: readonly Scenario[],
  options: BenchOptions,
  progress: Progress,
): Promise<void> {
  const other = against === undefined ? undefined : resolve(against);
  if (other !== undefined) requireBuild(other);
  return withWholeShops(progress, async (startShop) => {
    // It comes first, so that a wrong address is found out before shops are started.
    const foreign = original === undefined ? {} : { original: await openOriginal(original) };
    const shops = {
      this: await startShop('this', ownRoot),
      ...(other !== undefined && { other: await startShop('other', other) }),
    };
    await measure(shops, { ...shops, ...foreign }, scenarios, options, progress);
    if (other !== undefined) progress.report(`\nThe other build is that in ${other}.`);
    if (original === undefined)
      progress.report('\nThe original was not measured: --original <address> takes one that runs.');
  });
}

/** Measures this build with large databases, in turns with the same build as it starts. Reports tables in Markdown. */
export function benchSizes(
  scenarios: readonly Scenario[],
  options: BenchOptions,
  progress: Progress,
): Promise<void> {
  return withWholeShops(progress, async (startShop) => {
    const shops = { large: await startShop('large', ownRoot), small: await startShop('small', ownRoot) };
    await seedLargeShop(shops.large.settings, progress);
    await measure(shops, shops, scenarios, options, progress);
  });
}

async function measure(
  shops: Readonly<Record<string, WholeShop>>,
  contenders: Contenders,
  scenarios: readonly Scenario[],
  options: BenchOptions,
  progress: Progress,
): Promise<void> {
  const { report, signal } = progress;
  const idle = Object.entries(shops).map(([name, shop]) => ({ name, shop, memory: shop.memory() }));
  const measurements = await measureInTurns(
    {
      ...{ scenarios, shops: Object.values(contenders) },
      contendersOf: (scenario) =>
        Object.entries(contenders).map(([name, shop]) => shopContender(name, shop, scenario, signal)),
      settledSpans: () => settledSpans(Object.values(shops)),
    },
    options,
    progress,
  );
  const memory: Record<string, readonly Memory[]> = {};
  for (const { name, shop, memory: before } of idle) {
    report(`A minute of load: ${name} …`);
    for (const { run } of scenarios) await run(shop, LOAD_SECONDS / scenarios.length, signal);
    memory[`${name}, idle`] = before;
    memory[`${name}, after a minute of load`] = shop.memory();
  }
  for (const line of stackTables(measurements, Object.keys(contenders))) report(line);
  for (const line of ['', ...memoryTable(memory, 'memory')]) report(line);
}

/** Shows the speed of all `contenders`, the first compared with the others, and its CPU time by part and steps. */
export function stackTables(measurements: readonly Measurement[], contenders: readonly string[]): string[] {
  const [first = '', ...others] = contenders;
  const cpu = {
    unit: 'CPU ms each',
    figuresOf: (run: Measurement) => run.cpuMsByPart ?? {},
    sums: sumsOfParts,
  };
  const steps = { unit: 'median ms', figuresOf: (run: Measurement) => run.stepMs ?? {}, sums: {} };
  const breakdowns = Array.from(
    Map.groupBy(measurements, ({ scenario }) => scenario),
    ([scenario, runs]) =>
      [cpu, steps].map(({ unit, ...rest }) =>
        breakdownTable({ title: `${scenario}: ${unit}`, ...rest }, runs, contenders),
      ),
  );
  return [
    speedTable(measurements),
    ...others.map((other) => comparisonTable(measurements, [first, other])),
    ...breakdowns.flat(),
  ].flatMap((table) => (table.length === 0 ? [] : ['', ...table]));
}
