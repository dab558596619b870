import { alertTitle } from '../alert-title.ts';
import type { Breaker } from '../faults/break-shop.ts';
import { describeFault } from '../faults/fault.ts';
import { LabError } from '../lab-error.ts';
import { arrivalMs, pause, poll } from '../poll.ts';
import type { Facts } from '../report/facts.ts';
import type { PageCount } from '../traffic/traffic.ts';
import type { WatchedAlert } from './alert-watch.ts';
import {
  type Backends,
  type Check,
  createCheck,
  describeValues,
  isWithin,
  readValues,
  type Window,
} from './check.ts';
import { createJournal, lookAt, type Sighting } from './journal.ts';
import { recoveryChecks } from './recovery.ts';
import type { Expectation, Scenario } from './scenario.ts';

type Result = Facts['checks'][number];

/** What a run found out, for the report. */
export type Run = {
  outcome: Facts['outcome'];
  verdict?: string;
  reasons: readonly string[];
  phases: Facts['phases'];
  fault: Facts['fault'];
  checks: readonly Result[];
  /** When each expectation was met, as a sentence. */
  sightings: readonly Sighting[];
  /** The traces in which the signs were seen, those of the first sign first. */
  traceIds: readonly string[];
  alerts: readonly WatchedAlert[];
};

export type RunOptions = {
  scenario: Scenario;
  backends: Backends;
  breaker: Breaker;
  /** The pages that the scenario's customers have opened so far. */
  pages: () => Readonly<PageCount>;
  isFast: boolean;
  report: (line: string) => void;
  signal: AbortSignal;
};

const controlSeconds = { thorough: 60, fast: 20 };
const earlierLimitMs = 150_000;
const betweenMs = 1000;
/** The switch ends a fault by itself if this command cannot. */
const switchSeconds = 600;

/**
 * Runs a scenario: healthy control, fault, repair, recovery. Whatever happens, the caller repairs the shop. Throws the
 * signal's reason when it is interrupted, and a LabError when the fault cannot be injected.
 */
export async function runScenario(options: RunOptions): Promise<Run> {
  const { scenario, backends, breaker, report, signal } = options;
  const create = (expectation: Expectation) => createCheck(expectation, backends);
  const signs = scenario.signs.map(create);
  const what = describeFault(scenario.fault);
  const isQuiet = await awaitQuiet(signs, options);
  let control = await runControl(options);
  let present = await findPresent(signs, control);
  if (isQuiet && present.length > 0) {
    // Telemetry of an earlier failure may have been on its way.
    report(`  seen: ${present.join('; ')}. Trying once more …`);
    await awaitQuiet(signs, options);
    control = await runControl(options);
    present = await findPresent(signs, control);
  }
  if (present.length > 0) {
    const fault = { what: `nothing; planned was: ${what}`, startMs: control.endMs, endMs: control.endMs };
    const nothing = { checks: [], sightings: [], traceIds: [] };
    const reasons = present.map((sign) => `The control must show nothing of the fault, but ${sign}.`);
    return { ...nothing, outcome: 'void', reasons, phases: [control], fault, alerts: backends.alerts.seen() };
  }

  const journal = createJournal(report);
  const earlier = activeAlerts(backends);
  if (earlier.length > 0)
    journal.note(`not of the fault, and not waited for: ${earlier.join(', ')}`, 'prometheus');
  report(`Fault: ${what}.`);
  const startMs = Date.now();
  const [injectedMs, results] = await together(signal, (both) => [
    breaker.inject(scenario.fault, { durationSeconds: switchSeconds, signal: both }).then(() => Date.now()),
    journal.await(signs, { name: 'fault', startMs }, both),
  ]);

  report('Repair: the fault is undone …');
  // Repairing begins here: what takes long to start takes long to recover.
  const endMs = Date.now();
  await breaker.repair();
  const recovery = { name: 'recovery' as const, startMs: endMs, fault: { startMs: injectedMs, endMs } };
  const after = [
    ...scenario.recovery.map(create),
    ...recoveryChecks(signs, backends, { control, fault: { startMs, endMs } }),
  ];
  const recovered = await journal.await(after, recovery, signal);
  const kept = await judgeThroughout(options, control.startMs);

  const checks = [...results, ...recovered, ...kept];
  const missed = checks.filter(({ outcome }) => outcome === 'missed');
  return {
    outcome: missed.length > 0 ? 'failed' : 'passed',
    reasons: missed.map(reasonOf),
    phases: [
      control,
      { name: 'fault', startMs, endMs },
      { name: 'recovery', startMs: endMs, endMs: Date.now() },
    ],
    fault: { what, startMs, endMs },
    checks,
    sightings: journal.sightings,
    traceIds: journal.traceIds(),
    alerts: backends.alerts.seen(),
  };
}

function reasonOf({ what, withinSeconds, lastSeen, phase }: Result): string {
  const when = phase === 'throughout' ? '' : ` within ${withinSeconds} s`;
  return `Not seen${when}: ${what}. Last seen: ${lastSeen}.`;
}

/** The alerts that are pending or firing, such as `HighLatency of user-service`. */
function activeAlerts({ alerts }: Backends): string[] {
  return alerts
    .seen()
    .filter(({ resolvedMs }) => resolvedMs === undefined)
    .map(alertTitle);
}

async function runControl({ isFast, report, signal }: RunOptions) {
  const startMs = Date.now();
  const seconds = isFast ? controlSeconds.fast : controlSeconds.thorough;
  report(`Control: the shop is healthy, and nothing of the fault may show (${seconds} s) …`);
  await pause(seconds * 1000, signal);
  return { name: 'control' as const, startMs, endMs: Date.now() };
}

/** The signs that are there although there is no fault, or that cannot be looked for, with what was seen of them. */
async function findPresent(signs: readonly Check[], control: Window): Promise<string[]> {
  const sights = await Promise.all(signs.map((check) => lookAt(check, control, new Set())));
  return signs.flatMap(({ what }, index) => {
    const sight = sights[index];
    return sight?.isMet || sight?.isNear || sight?.isUnknown ? [`${what}: ${sight.lastSeen}`] : [];
  });
}

/** Like Promise.all, but when one of both fails, the other is told to end and waited for. */
async function together<One, Other>(
  signal: AbortSignal,
  start: (signal: AbortSignal) => [Promise<One>, Promise<Other>],
): Promise<[One, Other]> {
  const failure = new AbortController();
  const both = start(AbortSignal.any([signal, failure.signal]));
  try {
    return await Promise.all(both);
  } catch (error) {
    failure.abort(error);
    await Promise.allSettled(both);
    throw error;
  }
}

/** Waits until nothing of an earlier failure is left in the alerts and metrics that tell of this one; returns whether it is. */
async function awaitQuiet(signs: readonly Check[], { report, signal }: RunOptions): Promise<boolean> {
  const lasting = signs.filter(({ source }) => source === 'prometheus');
  let hasReported = false;
  const check = async () => {
    const now = Date.now();
    const present = await findPresent(lasting, { startMs: now - 1000, endMs: now });
    if (present.length === 0) return true;
    if (!hasReported) report('Waiting until nothing of an earlier failure is left …');
    hasReported = true;
    return undefined;
  };
  // What is still there then makes the control void, which says what it is.
  return (await poll(check, { intervalMs: betweenMs, limitMs: earlierLimitMs, signal })) ?? false;
}

async function judgeThroughout(
  { scenario: { throughout }, backends: { prometheus }, pages, signal }: RunOptions,
  startMs: number,
): Promise<Result[]> {
  if (throughout.length === 0) return [];
  await pause(arrivalMs, signal);
  const withinSeconds = Math.ceil((Date.now() - startMs) / 1000);
  return Promise.all(
    throughout.map(async (expectation): Promise<Result> => {
      const result = { phase: 'throughout', what: expectation.what, withinSeconds } as const;
      if ('failed_visits' in expectation) {
        const { opened, failed } = pages();
        const outcome = failed === 0 && opened > 0 ? 'seen' : 'missed';
        return { ...result, source: 'scenario', outcome, lastSeen: `${failed} of ${opened} pages failed` };
      }
      const metric = expectation.metric.replaceAll('$window', `${withinSeconds}s`);
      const values = await readValues(prometheus, metric).catch(unlessAsked);
      const isKept = values.length > 0 && values.every((value) => isWithin(value, expectation));
      const lastSeen = describeValues(values);
      return { ...result, source: 'prometheus', outcome: isKept ? 'seen' : 'missed', lastSeen };
    }),
  );
}

/** A backend that cannot be asked has no values. */
function unlessAsked(error: unknown): readonly number[] {
  if (error instanceof LabError) return [];
  throw error;
}
