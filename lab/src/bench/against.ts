import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { withoutEmpty } from '../env-file.ts';
import { LabError, UsageError } from '../lab-error.ts';
import { runProgram } from '../native/run-program.ts';
import { serviceNames } from '../part-names.ts';
import type { Progress } from '../progress.ts';
import { memoryTable } from './breakdown.ts';
import { againstTable, type Measurement, speedTable } from './report.ts';
import type { Scenario } from './scenarios.ts';
import { type Shop, withShops } from './shops.ts';
import { type BenchOptions, measureInTurns, shopContender } from './turns.ts';
import type { Memory } from './usage.ts';

const NEEDED = [
  ...['scripts/node.sh', 'lab/src/cli.ts'],
  ...serviceNames.map((service) => `${service}/src/telemetry.ts`),
];

/** Each build has two shops: V8 optimizes two processes of the same code differently, by a tenth of their speed or more. */
const SHOPS = ['this', 'other', 'other again', 'this again'] as const;

/**
 * Measures this build and the one in `folder` in turns, with telemetry off and then on, and reports tables in Markdown.
 * How much two shops of one build differ is noise.
 */
export async function benchAgainst(
  folder: string,
  scenarios: readonly Scenario[],
  options: BenchOptions,
  progress: Progress,
): Promise<void> {
  const { report, signal } = progress;
  const root = resolve(folder);
  requireBuild(root);
  await installPackages(root, progress);
  await withShops(progress, async ({ sink, startShop }) => {
    const measurements: Measurement[] = [];
    const memory: [string, Memory[]][] = [];
    for (const telemetry of ['off', 'on'] as const) {
      const environment = telemetry === 'off' ? { OTEL_SDK_DISABLED: 'true' } : {};
      const shops: [string, Shop][] = [];
      for (const build of SHOPS) {
        const name = `${build}, ${telemetry}`;
        const place = build.startsWith('other') ? { root } : {};
        shops.push([name, await startShop({ name, environment, ...place })]);
      }
      for (const [name, shop] of shops) memory.push([name, shop.memory()]);
      const contendersOf = (scenario: Scenario) =>
        shops.map(([name, shop]) => shopContender(name, shop, scenario, signal));
      const { settledSpans } = sink;
      const ofAll = { scenarios, shops: shops.map(([, shop]) => shop), contendersOf, settledSpans };
      measurements.push(...(await measureInTurns(ofAll, options, progress)));
      for (const [, shop] of shops) await shop.stop();
    }
    const memoryLines = memoryTable(Object.fromEntries(memory.filter(([name]) => !name.includes('again'))));
    report(`\nThis build against the other, ${root}:\n`);
    for (const line of againstTable(measurements)) report(line);
    report('');
    for (const line of speedTable(measurements)) report(line);
    report('');
    for (const line of memoryLines) report(line);
  });
}

/** Throws a UsageError when the folder holds no build of the shop. */
export function requireBuild(root: string): void {
  const missing = NEEDED.find((file) => !existsSync(join(root, file)));
  if (missing) throw new UsageError(`--against: ${root} is no build of Vitrine, for it has no ${missing}.`);
}

/** Lets the scripts of the build in `root` install its packages where they are missing or older than its lock file. */
async function installPackages(root: string, { report, signal }: Progress): Promise<void> {
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
