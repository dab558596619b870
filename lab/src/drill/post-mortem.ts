import type { Facts } from '../report/facts.ts';
import { gatherFacts } from '../scenario/gather-facts.ts';
import type { Session } from '../stack.ts';
import { describeAnswer, type GivenAnswer } from './answer.ts';
import { layoutOf } from './evidence.ts';
import type { Exercise } from './exercise.ts';
import type { Grade } from './grade.ts';
import { describeRedHerring } from './red-herring.ts';
import { type Cause, describeSituation } from './situation.ts';

/** Spans of the first minute show it best. */
const evidenceMs = 60_000;
const maxTraces = 200;

/** Asks the backends for what the post-mortem of a drill shows. Throws a BackendError when one cannot be asked. */
export async function gatherDrillFacts(
  exercise: Exercise,
  given: GivenAnswer | undefined,
  { solved, points, of, steps }: Grade,
  endMs: number,
  { settings, mode }: Session,
): Promise<Facts> {
  const { seed, level, isFast, situation, backends, startMs, brokenMs, calledMs, untilMs } = exercise;
  const { troubles, redHerring } = situation;
  const what = describeSituation(situation);
  const aside = redHerring ? ` Beside it, ${describeRedHerring(redHerring)}.` : '';
  const alerts = backends.alerts.seen().filter(({ pendingMs }) => pendingMs >= brokenMs);
  const note = (atMs: number, text: string) => ({ atMs, what: text, source: 'scenario' as const });
  return gatherFacts({
    ...{ backends, settings, mode, isFast },
    scenario: {
      ...{ name: 'drill', title: `Drill, seed ${seed}` },
      signs: alerts.map(({ name, labels }) => ({ alert: name, labels, within: 0 })),
      story: `An exercise of level ${level}: somebody was called, and had to find out from the backends that ${what}.${aside}`,
      improve: troubles.length > 0 ? troubles.map(({ cause }) => improvements[cause]) : [calm],
    },
    run: {
      outcome: solved ? 'passed' : 'failed',
      verdict: `${solved ? 'Solved' : 'Not solved'}: ${points} of ${of} points.`,
      reasons: steps.filter(({ points, of }) => points < of).map(({ name, why }) => `${name}: ${why}.`),
      phases: [
        { name: 'control', startMs, endMs: brokenMs },
        { name: 'fault', startMs: brokenMs, endMs },
        { name: 'recovery', startMs: endMs, endMs: Date.now() },
      ],
      fault: { what, startMs: brokenMs, endMs },
      checks: steps.map(({ name, why, points, of }) => ({
        ...{
          phase: 'fault' as const,
          source: 'scenario' as const,
          withinSeconds: (untilMs - brokenMs) / 1000,
        },
        ...{ what: `${name}: ${why}`, lastSeen: `${points} of ${of} points` },
        outcome: points > 0 ? ('seen' as const) : ('missed' as const),
      })),
      sightings: [
        note(calledMs, 'somebody is called'),
        ...(given ? [note(given.atMs, `the answer: ${describeAnswer(given.answer)}`)] : []),
      ],
      traceIds: await findEvidence(exercise, endMs, settings),
      alerts,
    },
  });
}

const calm = 'Look at the alerts and at the share of failed requests before anything is changed.';
const improvements: Record<Cause, string> = {
  crashed: 'Let something restart what has ended, and run two of it where a customer waits for it.',
  hanging: 'Give every call a time limit, and stop asking for a while what has not answered some times.',
  slow: 'Alert on the duration of calls and statements by the part that is called, not on pages only.',
  errors: 'Repeat once what may be repeated, and take a process that refuses out of the rotation.',
};

/** Traces that show the troubles, those of the first trouble first. */
async function findEvidence(
  { situation: { troubles }, brokenMs, backends: { jaeger } }: Exercise,
  endMs: number,
  settings: Session['settings'],
): Promise<string[]> {
  const layout = layoutOf(settings);
  const range = { startMs: brokenMs, endMs: Math.min(endMs, brokenMs + evidenceMs) };
  const traces = await jaeger.findTraces({ service: 'frontend', limit: maxTraces, ...range });
  return troubles.flatMap(({ part }) =>
    traces
      .filter((trace) => layout.shows(trace, part, brokenMs))
      .slice(0, 3)
      .map(({ traceId }) => traceId),
  );
}
