import type { Progress } from '../progress.ts';
import type { Measurement } from './report.ts';
import type { Sample } from './sample.ts';
import type { Scenario, Target } from './scenarios.ts';
import { cpuMsEach, type Figures, sum, type Usage } from './usage.ts';

export type BenchOptions = { rounds: number; seconds: number };

/** One of several that take turns in a scenario. Without `cpuSeconds` its CPU time and its spans are unknown. */
export type Contender = {
  variant: string;
  run: (seconds: number) => Promise<Sample>;
  cpuSeconds?: (() => Figures) | undefined;
};

/** V8 needs this long to optimize most of the code of a scenario; with a few trips a second, the rest takes a minute. */
const WARM_UP_SECONDS = 15;

/** Makes the shop a contender in the scenario. */
export function shopContender(
  variant: string,
  shop: Target & Partial<Usage>,
  { run }: Scenario,
  signal: AbortSignal,
): Contender {
  return { variant, run: (seconds) => run(shop, seconds, signal), cpuSeconds: shop.cpuSeconds };
}

/** Warms up all `shops`; then, round by round, measures the contenders of each scenario one after the other. */
export async function measureInTurns(
  {
    scenarios,
    shops,
    contendersOf,
    settledSpans,
  }: {
    scenarios: readonly Scenario[];
    shops: readonly Target[];
    contendersOf: (scenario: Scenario) => readonly Contender[];
    settledSpans: () => Promise<number>;
  },
  { rounds, seconds }: BenchOptions,
  { report, signal }: Progress,
): Promise<Measurement[]> {
  for (const { name, run } of scenarios) {
    report(`Warming up: ${name} …`);
    for (const shop of shops) await run(shop, WARM_UP_SECONDS, signal);
  }
  const measurements: Measurement[] = [];
  let spansBefore = await settledSpans();
  for (let round = 1; round <= rounds; round += 1) {
    for (const scenario of scenarios) {
      report(`Round ${round} of ${rounds}: ${scenario.name} …`);
      for (const contender of inTurn(contendersOf(scenario), round)) {
        signal.throwIfAborted();
        const { spansSoFar, ...measured } = await measure(contender, seconds, settledSpans);
        const spans = contender.cpuSeconds && (spansSoFar - spansBefore) / measured.count;
        spansBefore = spansSoFar;
        measurements.push({ scenario: scenario.name, variant: contender.variant, ...measured, spans });
      }
    }
  }
  return measurements;
}

/** Every other round begins at the other end, so that no contender always follows the same one. */
export function inTurn<Each>(contenders: readonly Each[], round: number): readonly Each[] {
  return round % 2 === 1 ? contenders : contenders.toReversed();
}

async function measure({ run, cpuSeconds }: Contender, seconds: number, settledSpans: () => Promise<number>) {
  const cpuBefore = cpuSeconds?.() ?? {};
  const sample = await run(seconds);
  // Spans that are exported after the run belong to it, and so does the CPU time that their export takes.
  const spansSoFar = await settledSpans();
  if (cpuSeconds === undefined) return { ...sample, cpuMs: undefined, spansSoFar };
  const cpuMsByPart = cpuMsEach(cpuBefore, cpuSeconds(), sample.count);
  return { ...sample, cpuMs: sum(Object.values(cpuMsByPart)), cpuMsByPart, spansSoFar };
}
