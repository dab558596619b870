import { join } from 'node:path';
import type { Progress } from '../progress.ts';
import { startBareHandler } from './bare-process.ts';
import { memoryTable } from './breakdown.ts';
import { measureUrl } from './measure-url.ts';
import { profileTable } from './profile.ts';
import { comparisonLines, speedTable } from './report.ts';
import { CONNECTIONS, productList, type Scenario } from './scenarios.ts';
import { withShops } from './shops.ts';
import { type BenchOptions, measureInTurns, shopContender } from './turns.ts';

/**
 * Measures two shops in turns, one with telemetry off and one with telemetry on, and the bare handler with them; then
 * profiles a third shop. Reports tables in Markdown.
 */
export function bench(
  scenarios: readonly Scenario[],
  { rounds, seconds }: BenchOptions,
  progress: Progress,
): Promise<void> {
  const { report, signal } = progress;
  return withShops(progress, async ({ sink, folder, startShop }) => {
    const off = await startShop({ name: 'telemetry off', environment: { OTEL_SDK_DISABLED: 'true' } });
    const on = await startShop({ name: 'telemetry on', environment: {} });
    const memory = memoryTable({
      'telemetry off': off.memory(),
      'telemetry on': on.memory(),
    });

    const bare = await startBareHandler(off.productDatabase);
    const bareHandler = {
      variant: 'bare handler',
      run: (duration: number) =>
        measureUrl(bare.url, { connections: CONNECTIONS, seconds: duration, signal }),
    };
    const contendersOf = (scenario: Scenario) => [
      ...(scenario === productList ? [bareHandler] : []),
      shopContender('telemetry off', off, scenario, signal),
      shopContender('telemetry on', on, scenario, signal),
    ];
    const measurements = await measureInTurns(
      { scenarios, shops: [off, on], contendersOf, settledSpans: sink.settledSpans },
      { rounds, seconds },
      progress,
    ).finally(bare.stop);
    const { bytes } = sink.received();
    const exportedBytes = bytes.traces + bytes.metrics + bytes.logs;
    report('');
    for (const line of speedTable(measurements)) report(line);
    for (const line of comparisonLines(measurements)) report(line);
    report(`\nExported over OTLP meanwhile: ${(exportedBytes / 1e6).toFixed(0)} MB.\n`);
    for (const line of memory) report(line);
    report('');

    const profiles = join(folder, 'profiles');
    const profiled = await startShop({
      name: 'profiled',
      environment: { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir="${profiles}"` },
    });
    for (const { name, run } of scenarios) {
      report(`Profiling: ${name} …`);
      await run(profiled, seconds, signal);
    }
    // A process writes its profile when it ends.
    await profiled.stop();

    report('');
    for (const line of await profileTable(profiles)) report(line);
  });
}
