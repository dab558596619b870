import { alertTitle } from '../alert-title.ts';
import { withTrial } from '../faults/break-shop.ts';
import { clearSwitches } from '../faults/fault-switch.ts';
import { LabError } from '../lab-error.ts';
import { pause, poll } from '../poll.ts';
import { storesOf } from '../query/stores.ts';
import { type AlertWatch, lastingAlerts, watchAlerts } from '../scenario/alert-watch.ts';
import type { Backends } from '../scenario/check.ts';
import type { Session } from '../stack.ts';
import { startTraffic } from '../traffic/traffic.ts';
import { startRedHerring } from './red-herring.ts';
import { chooseAlert, createSheet, type Sheet } from './sheet.ts';
import { type Draw, drawSituation, type Situation, type Trouble } from './situation.ts';

/** A shop that is broken in a hidden way, under the eyes of somebody on call. */
export type Exercise = Draw & {
  situation: Situation;
  sheet: Sheet;
  backends: Backends;
  /** When the time before began, when the shop was broken, and when somebody was called. */
  startMs: number;
  brokenMs: number;
  calledMs: number;
  /** When it is over, at the latest. */
  untilMs: number;
  /** Puts the shop right. */
  repair: () => Promise<void>;
};

export type ExerciseOptions = {
  /** The trial's name for other commands. */
  name: string;
  session: Session;
  report: (line: string) => void;
  signal: AbortSignal;
};

const pagesPerSecond = 5;
/** How long customers come before anything happens, and how long after that somebody is called. */
const seconds = { thorough: { before: 15, until: 45 }, fast: { before: 3, until: 20 } };
/** A fault switch ends by itself after so long. */
const limitSeconds = 900;
/** Rules look back a minute. */
const quietLimitMs = 100_000;
const betweenMs = 1000;
const betweenLooksMs = 3000;

/**
 * Lets `work` deal with a situation that is drawn from the seed, and puts the shop right when that has ended. Nothing is
 * reported that differs from one situation to the other, not even in time. Throws a LabError when the shop is not
 * healthy to begin with, and when it is stopped meanwhile: then the signal that `work` gets aborts.
 */
export async function withExercise<Result>(
  { seed, level, isFast }: Draw,
  { name, session, report, signal: interruption }: ExerciseOptions,
  work: (exercise: Exercise, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { settings, stack } = session;
  const canPause = session.mode !== 'kubernetes';
  const situation = drawSituation({ seed, level }, canPause);
  const stores = storesOf(settings);
  const ends: (() => Promise<void>)[] = [];
  try {
    return await withTrial(name, session, interruption, async ({ inject, repair }, signal) => {
      const alerts = watchAlerts(stores.prometheus);
      ends.push(alerts.stop);
      const parts = await stack.status();
      const traffic = await startTraffic(settings, pagesPerSecond);
      ends.push(traffic.stop);
      report(
        'Customers come into the shop, and something may happen to it. Somebody calls you in a minute …',
      );
      const { before, until } = isFast ? seconds.fast : seconds.thorough;
      await pause(before * 1000, signal);
      await awaitQuiet(alerts, report, signal);

      const { troubles, redHerring, complaint, showsAlert } = situation;
      const brokenMs = Date.now();
      if (redHerring) ends.push(await startRedHerring(redHerring, { settings, inject }));
      for (const fault of troubles.flatMap(({ faults }) => faults))
        await inject(fault, { durationSeconds: limitSeconds, hidden: true });
      await pause(brokenMs + until * 1000 - Date.now(), signal);

      ends.push(endWithRestart(situation, brokenMs, session));

      const fresh = alerts
        .seen()
        .filter(({ resolvedMs, pendingMs }) => resolvedMs === undefined && pendingMs >= brokenMs);
      const untilMs = brokenMs + limitSeconds * 1000;
      const alert = showsAlert ? chooseAlert(fresh) : undefined;
      const sheet = createSheet({ level, untilMs, complaint, alert, parts, canPause });
      const backends = { ...stores, alerts };
      const exercise = {
        ...{ seed, level, isFast, situation, sheet, backends, repair },
        ...{ startMs: brokenMs - before * 1000, brokenMs, calledMs: Date.now(), untilMs },
      };
      return work(exercise, signal);
    });
  } finally {
    await Promise.all(ends.map((end) => end()));
  }
}

/**
 * Waits until no alert of something earlier is left. What is slow on this machine without a fault may stay; any other
 * alert makes it throw a LabError.
 */
async function awaitQuiet(
  { seen, problem }: AlertWatch,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let hasReported = false;
  const active = () =>
    seen().filter(({ name, resolvedMs }) => resolvedMs === undefined && !lastingAlerts.includes(name));
  const check = () => {
    if (active().length === 0 && problem() === undefined) return true;
    if (!hasReported) report('Waiting until nothing of an earlier failure is left …');
    hasReported = true;
    return undefined;
  };
  if (await poll(check, { intervalMs: betweenMs, limitMs: quietLimitMs, signal })) return;
  const names = active().map(alertTitle);
  const list = names.join(', ');
  if (problem() !== undefined || active().some(({ name }) => name !== 'HighLatency'))
    throw new LabError(`The shop has to be healthy first: ${problem() ?? `there is ${list}.`}`);
  report(`This machine is slow: there is ${list} before anything happens.`);
}

/**
 * Lets a restart of a slow database help, as it would help a real one: the delay is not in the database, but in the
 * services that use it. Returns what ends the watch.
 */
function endWithRestart(
  { troubles }: Situation,
  brokenMs: number,
  { stack, settings }: Session,
): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const watch = async ({ part, faults }: Trouble) => {
    const isRestarted = async () => {
      const status = (await stack.status()).find((one) => one.part === part);
      return (status?.startedAt?.getTime() ?? 0) > brokenMs || undefined;
    };
    await poll(isRestarted, { intervalMs: betweenLooksMs, limitMs: limitSeconds * 1000, signal });
    await clearSwitches(
      { settings, stack },
      faults.flatMap((fault) => ('switch' in fault ? fault.switch : [])),
    );
  };
  const slow = troubles.filter(({ part, cause }) => cause === 'slow' && part.endsWith('_dbase'));
  // Whoever ends the watch puts the shop right, and so does a failure of it.
  const watching = Promise.allSettled(slow.map(watch));
  return async () => {
    stopping.abort();
    await watching;
  };
}
