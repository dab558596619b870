import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { withoutEmpty } from '../env-file.ts';
import { LabError, UsageError } from '../lab-error.ts';
import { runProgram } from '../native/run-program.ts';
import type { Progress } from '../progress.ts';
import { againstTable, memoryTable, speedTable } from './report.ts';
import type { Scenario } from './scenarios.ts';
import { withShops } from './shops.ts';
import { type BenchOptions, measureInTurns, shopContender } from './turns.ts';

const NEEDED = ['frontend', 'user-service', 'product-service', 'order-service'].map(
  (service) => `${service}/src/telemetry.ts`,
);

/**
 * Measures this build and the one in `folder` in turns, with telemetry off and on, and reports tables in Markdown. The
 * other build is measured twice in each turn: how much it differs from itself is noise.
 */
export async function benchAgainst(
  folder: string,
  scenarios: readonly Scenario[],
  options: BenchOptions,
  progress: Progress,
): Promise<void> {
  const { report, signal } = progress;
  const root = resolve(folder);
  await installPackages(root, progress);
  await withShops(progress, async ({ sink, startShop }) => {
    const off = { OTEL_SDK_DISABLED: 'true' };
    const shops = {
      'this, off': await startShop({ name: 'this, off', environment: off }),
      'other, off': await startShop({ name: 'other, off', environment: off, root }),
      'this, on': await startShop({ name: 'this, on', environment: {} }),
      'other, on': await startShop({ name: 'other, on', environment: {}, root }),
    };
    const memory = Object.entries(shops).map(async ([title, shop]) => [title, await shop.memory()] as const);
    const memoryLines = memoryTable(Object.fromEntries(await Promise.all(memory)));
    // The other build stands in the middle, next to both runs that are compared with it.
    const contendersOf = (scenario: Scenario) =>
      (['off', 'on'] as const).flatMap((telemetry) => [
        shopContender(`this, ${telemetry}`, shops[`this, ${telemetry}`], scenario, signal),
        shopContender(`other, ${telemetry}`, shops[`other, ${telemetry}`], scenario, signal),
        shopContender(`other again, ${telemetry}`, shops[`other, ${telemetry}`], scenario, signal),
      ]);
    const measurements = await measureInTurns(
      { scenarios, shops: Object.values(shops), contendersOf, settledSpans: sink.settledSpans },
      options,
      progress,
    );
    report(`\nThis build against the other, ${root}:\n`);
    for (const line of againstTable(measurements)) report(line);
    report('');
    for (const line of speedTable(measurements)) report(line);
    report('');
    for (const line of memoryLines) report(line);
  });
}

/** Lets the scripts of the build in `root` install its packages where they are missing or older than its lock file. */
async function installPackages(root: string, { report, signal }: Progress): Promise<void> {
  const missing = ['scripts/node.sh', 'lab/src/cli.ts', ...NEEDED].find(
    (file) => !existsSync(join(root, file)),
  );
  if (missing) throw new UsageError(`--against: ${root} is no build of Vitrine, for it has no ${missing}.`);
  report(`Looking after the packages of ${root} …`);
  const { status, output } = await runProgram(
    join(root, 'scripts/node.sh'),
    ['lab/src/cli.ts', '--version'],
    {
      // biome-ignore lint/style/noProcessEnv: npm reads too many variables to name them
      ...{ directory: root, environment: withoutEmpty(process.env), signal },
    },
  );
  if (status !== 0) throw new LabError(`The packages of ${root} cannot be installed:\n${output}`);
}
