import { appendFileSync } from 'node:fs';
import { LabError, UsageError } from '../lab-error.ts';
import { storesOf } from '../query/stores.ts';
import type { Session } from '../stack.ts';
import { measureGrowth } from './growth.ts';
import { runK6 } from './run-k6.ts';
import type { K6Test } from './tests.ts';

/** `./vitrine k6`: runs a test, and after a soak judges growth. Throws a LabError when a threshold or bound is exceeded. */
export async function k6Command(
  test: K6Test,
  options: { rate?: number; duration?: string },
  { settings, report }: Session,
  signal: AbortSignal,
): Promise<void> {
  if (test === 'smoke' && Object.keys(options).length > 0) {
    throw new UsageError('smoke opens each page once: it has neither --rate nor --duration.');
  }
  const stores = storesOf(settings);
  // Half an hour of load is worth nothing if its effect cannot be asked for.
  if (test === 'soak') await stores.prometheus.startedAtMs();

  const startMs = Date.now();
  const { passed, summaryFile, traces } = await runK6({ test, settings, report, signal, ...options });
  const growth = test === 'soak' ? await measureGrowth(stores, { startMs, endMs: Date.now() }) : undefined;
  const textFile = summaryFile.replace(/json$/, 'txt');
  const table = growth ? ['', ...growth.lines] : [];
  if (growth) appendFileSync(textFile, `${table.join('\n')}\n`);
  for (const line of ['', ...traces, ...table, '', `The figures are in ${textFile} and ${summaryFile}`])
    report(line);

  const failures = [
    ...(passed ? [] : ['Thresholds of k6 have failed: see ✗ above.']),
    ...(growth?.problems ?? []),
  ];
  if (failures.length > 0) throw new LabError(failures.join('\n'));
}
