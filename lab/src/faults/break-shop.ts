import { runK6 } from '../k6/run-k6.ts';
import { LabError } from '../lab-error.ts';
import { notInNamespace, refuseWhileCompiling } from '../part-messages.ts';
import type { PartName } from '../part-names.ts';
import { underShopLock, withStack } from '../session.ts';
import type { PartStatus, Session, Stack } from '../stack.ts';
import type { Fault } from './fault.ts';
import { clearSwitches, setSwitch } from './fault-switch.ts';
import {
  beginTrial,
  forgetTrial,
  isOnRecord,
  isRunningTrial,
  readTrial,
  refuseRunningTrial,
  type Trial,
} from './trial.ts';

type Injection = {
  durationSeconds: number;
  hidden?: boolean;
  /** Ends the injection of what takes its time: a k6 test, or restarts in turn. */
  signal?: AbortSignal;
};

/** What a trial does to the shop. */
export type Breaker = {
  /** Injects the fault; resolves when that is done, or for k6 when its test has ended. A switch ends after `durationSeconds`. */
  inject: (fault: Fault, options: Injection) => Promise<void>;
  /** Undoes every fault: ends those of switches, resumes what is paused, starts what ran before. */
  repair: () => Promise<void>;
};

const betweenLooksMs = 500;

const needed: readonly PartName[] = ['otel-collector', 'jaeger', 'prometheus', 'loki'];

/**
 * Lets `work` break the running shop, and repairs it when that has ended, in whatever way: after a failure and Ctrl-C
 * here, after a kill -9 by the next command that calls {@link repairAbandoned}. Throws a LabError when a part is not ready
 * to begin with, while another trial is running, and when the shop is stopped meanwhile: then nothing is broken any more.
 * The signal that `work` gets aborts then, too. With `changes` = pipeline, the repair gives the collector its own
 * configuration back, and leaves all else alone.
 */
export async function withTrial<Result>(
  name: string,
  session: Session,
  signal: AbortSignal,
  work: (breaker: Breaker, signal: AbortSignal) => Promise<Result>,
  changes: Trial['changes'] = 'shop',
): Promise<Result> {
  const { settings, stack, report } = session;
  const { home } = settings;
  refuseRunningTrial(home);
  await repairAbandoned(session);
  const parts = requireWhole(await stack.status());
  const trial = await underShopLock(home, signal, async () => beginTrial(home, { name, parts, changes }));
  const repair = () => repairShop(home, trial, report);
  const stopped = new AbortController();
  const watch = setInterval(() => {
    if (isOnRecord(home, trial)) return;
    stopped.abort(new LabError(`The shop was stopped, and the ${name} with it.`));
  }, betweenLooksMs);
  const either = AbortSignal.any([signal, stopped.signal]);
  const inject: Breaker['inject'] = (fault, options) =>
    injectFault(session, fault, { signal: either, ...options });
  try {
    return await work({ inject, repair }, either);
  } finally {
    clearInterval(watch);
    if (signal.aborted) report('What was changed is undone …');
    await repair();
    forgetTrial(home, trial);
  }
}

/**
 * Undoes the faults of a trial that ended without doing so, and reports what cannot be undone. `isLocked`: the caller
 * holds the shop's lock and starts what does not run.
 */
export async function repairAbandoned({ settings, report }: Session, isLocked = false): Promise<void> {
  const { home } = settings;
  const trial = readTrial(home);
  if (trial === undefined || isRunningTrial(trial)) return;
  report(`The ${trial.name} ended without undoing what it had changed. It is undone now …`);
  try {
    await repairShop(home, trial, report, isLocked);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    report(`Not all of it can be undone: ${error.message}`);
    if (!isLocked) return report('./stop.sh and then ./start.sh start afresh.');
  }
  forgetTrial(home, trial);
}

/** The parts that run. Throws a LabError when one is not ready. */
export function requireWhole(parts: readonly PartStatus[]): readonly PartName[] {
  const bad = parts.filter(
    ({ part, state }) => state !== 'ready' && (state !== 'unavailable' || needed.includes(part)),
  );
  if (parts.every(({ state }) => ['stopped', 'unavailable', 'being compiled'].includes(state)))
    throw new LabError('The shop is not running: ./start.sh');
  refuseWhileCompiling(parts);
  if (bad.length === 0) return parts.filter(({ state }) => state === 'ready').map(({ part }) => part);
  const list = bad.map(({ part, state, detail }) => `${part} is ${state}${detail ? ` (${detail})` : ''}`);
  const whole = `The whole shop has to be ready first, but ${list.join(', ')}.`;
  if (bad.some(({ detail }) => detail === notInNamespace)) throw new LabError(whole);
  const remedy = bad.some(({ state }) => state === 'unavailable') ? './vitrine backends' : './start.sh';
  throw new LabError(`${whole} Try ${remedy}`);
}

async function injectFault(
  { settings, stack, report }: Session,
  fault: Fault,
  { signal, ...options }: Injection & { signal: AbortSignal },
): Promise<void> {
  if ('switch' in fault) {
    const { switch: service, ...effect } = fault;
    return setSwitch({ settings, stack }, service, effect, options);
  }
  if ('k6' in fault) {
    const { passed, summaryFile } = await runK6({ test: fault.k6, settings, report, signal, output: 'file' });
    report(
      `  k6 ${fault.k6}: ${passed ? 'all thresholds held' : 'thresholds have failed'} (${summaryFile}).`,
    );
    return;
  }
  const change = (work: () => Promise<void>) => underShopLock(settings.home, signal, work);
  if ('restart_in_turn' in fault) {
    for (const part of fault.restart_in_turn) await change(() => stack.restart(part));
    return;
  }
  return change(() => {
    if ('kill' in fault) return stack.kill(fault.kill);
    return 'stop' in fault ? stack.stop(fault.stop) : stack.pause(fault.pause);
  });
}

/** Works after a Ctrl-C, too. A shop that was stopped meanwhile stays so: then the trial is on record no more. */
function repairShop(
  home: string,
  trial: Trial,
  report: (line: string) => void,
  isLocked = false,
): Promise<void> {
  const { signal } = new AbortController();
  return withStack(signal, ({ settings, stack }) => {
    const repair = async () => {
      if (!isOnRecord(home, trial)) return;
      if (trial.changes === 'pipeline') return restoreCollector(stack, trial);
      const failures = await startAgain(stack, trial);
      for (const why of await clearSwitches({ settings, stack }))
        report(`A fault may last for some minutes: ${why}`);
      if (failures.length > 0) throw failures[0];
    };
    return isLocked ? repair() : underShopLock(home, signal, repair);
  });
}

/**
 * Databases come first: without them the services cannot start. What can be started is, whatever else fails; resolves to
 * the failures. Where nothing runs at all, as after a restart of the machine, nothing is started.
 */
async function startAgain(stack: Stack, { parts }: Trial): Promise<readonly unknown[]> {
  const present = await stack.status();
  if (!present.some(({ state }) => ['ready', 'not ready', 'paused'].includes(state))) return [];
  const inOrder = parts.toSorted((one, other) => Number(isDatabase(other)) - Number(isDatabase(one)));
  const failures: unknown[] = [];
  for (const name of inOrder) {
    const state = present.find(({ part }) => part === name)?.state;
    const action =
      state === 'paused' ? 'resume' : state === 'stopped' || state === 'ended' ? 'start' : undefined;
    if (action) await stack[action](name).catch((error) => failures.push(error));
  }
  return failures;
}

/** Restarts the collector if it was started since the trial began. One that someone has stopped meanwhile stays so. */
async function restoreCollector(stack: Stack, { beganMs }: Trial): Promise<void> {
  const { state, startedAt } = (await stack.status()).find(({ part }) => part === 'otel-collector') ?? {};
  const isAsBefore = state === 'stopped' || (startedAt !== undefined && startedAt.getTime() < beganMs);
  if (!isAsBefore) await stack.restart('otel-collector');
}

function isDatabase(part: PartName): boolean {
  return part.endsWith('_dbase');
}
