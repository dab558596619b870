import type { PartName } from '../part-names.ts';
import type { Answer, Finding } from './answer.ts';
import type { Repair } from './health.ts';
import type { Trouble } from './situation.ts';

export const stepNames = ['detected', 'located', 'cause', 'evidence', 'repaired', 'time'] as const;
type StepName = (typeof stepNames)[number];

const most: Record<StepName, number> = {
  detected: 15,
  located: 30,
  cause: 20,
  evidence: 10,
  repaired: 15,
  time: 10,
};
/** An answer is quick enough for all points, or too late for any. */
const [quickSeconds, lateSeconds] = [180, 900];

/** One step of a drill, with the points for it, of so many, and the reason. */
export type Step = { name: StepName; points: number; of: number; why: string };

export type Grade = {
  /** Part and cause of each trouble are right, or rightly nothing. */
  solved: boolean;
  points: number;
  of: number;
  steps: readonly Step[];
};

export type Performance = {
  troubles: readonly Pick<Trouble, 'part' | 'cause'>[];
  /** Undefined when there was none in time. */
  answer: Answer | undefined;
  /** From the sheet to the answer. */
  seconds: number;
  /** What the trace of a finding says of the part; `untraced` for a part whose failure leaves no traces. */
  evidenceOf: (finding: Finding, part: PartName) => 'shown' | 'not shown' | 'untraced';
  /** Whether the shop was healthy again before the drill put it right; undefined where that is not asked for. */
  repair: Repair | undefined;
  /** Whether one part calls the other. */
  areNeighbours: (one: PartName, other: PartName) => boolean;
};

/** Grades an answer step by step. Without the first step, which a false alarm misses too, nothing else counts. */
export function gradeAnswer(performance: Performance): Grade {
  const { troubles, answer, repair } = performance;
  const isDetected = answer !== undefined && answer.length > 0 === troubles.length > 0;
  const all = isDetected
    ? stepsOf({ ...performance, answer })
    : stepNames.map((name) => step(name, 0, name === 'detected' ? whyMissed(performance) : 'not reached'));
  const steps = all.filter(({ name }) => name !== 'repaired' || repair !== undefined);
  const isNamed = (one: Performance['troubles'][number]) =>
    answer?.some(({ part, cause }) => part === one.part && cause === one.cause);
  return {
    solved: isDetected && answer.length === troubles.length && troubles.every(isNamed),
    points: sum(steps.map(({ points }) => points)),
    of: sum(steps.map(({ of }) => of)),
    steps,
  };
}

function step(name: StepName, share: number, why: string): Step {
  return { name, points: Math.round(most[name] * share), of: most[name], why };
}

function whyMissed({ answer, troubles }: Performance): string {
  if (answer === undefined) return 'there was no answer';
  return troubles.length > 0 ? 'something was wrong' : 'a false alarm: nothing was wrong';
}

function stepsOf(performance: Performance & { answer: Answer }): Step[] {
  const { troubles, seconds, repair } = performance;
  const end = [
    step('repaired', repair?.isDone ? 1 : 0, repair?.why ?? ''),
    step(
      'time',
      Math.min(1, Math.max(0, (lateSeconds - seconds) / (lateSeconds - quickSeconds))),
      `answered after ${Math.round(seconds)} s`,
    ),
  ];
  if (troubles.length === 0) {
    const rest = (['located', 'cause', 'evidence'] as const).map((name) => step(name, 1, 'there is none'));
    return [step('detected', 1, 'rightly nothing'), ...rest, ...end];
  }
  const pairs = bestPairs(performance);
  const shared = (name: StepName, judge: (pair: Pair) => readonly [share: number, why: string]) => {
    const judged = pairs.map(judge);
    return step(
      name,
      sum(judged.map(([share]) => share)) / pairs.length,
      judged.map(([, why]) => why).join('; '),
    );
  };
  return [
    step('detected', 1, 'something was wrong'),
    shared('located', ({ trouble: { part }, finding, nearness }) => {
      if (nearness === 1) return [1, part];
      if (!finding) return [0, `${part} is not named`];
      const why = `it was ${part}, not ${finding.part}`;
      return nearness > 0 ? [nearness, `${why}, which is next to it`] : [0, why];
    }),
    shared('cause', ({ trouble: { cause }, finding, nearness }) => {
      if (!finding || nearness === 0) return [0, 'it was another part'];
      return finding.cause === cause ? [1, cause] : [0, `it was ${cause}, not ${finding.cause}`];
    }),
    shared('evidence', ({ trouble: { part }, finding, nearness }) => {
      const evidence = finding && performance.evidenceOf(finding, part);
      if (evidence === 'shown') return [1, `the trace shows ${part}`];
      if (evidence === 'untraced' && nearness === 1) return [1, `no trace shows ${part}`];
      return [0, finding?.evidence ? `the trace does not show ${part}` : 'no trace was named'];
    }),
    ...end,
  ];
}

type Pair = { trouble: Performance['troubles'][number]; finding?: Finding; nearness: number };

/** Says for each trouble which finding is meant for it: in the order in which most of them fit. */
function bestPairs({ troubles, answer, areNeighbours }: Performance & { answer: Answer }): readonly Pair[] {
  const pairUp = (findings: readonly (Finding | undefined)[]) =>
    troubles.map((trouble, index): Pair => {
      const finding = findings[index];
      if (!finding) return { trouble, nearness: 0 };
      if (finding.part === trouble.part) return { trouble, finding, nearness: 1 };
      return { trouble, finding, nearness: areNeighbours(finding.part, trouble.part) ? 0.5 : 0 };
    });
  const [one, other] = [pairUp(answer), pairUp(inOtherOrder(answer, troubles.length))];
  const fit = (pairs: readonly Pair[]) => sum(pairs.map(({ nearness }) => nearness));
  return fit(other) > fit(one) ? other : one;
}

/** Of two troubles, the only finding may be meant for the second. */
function inOtherOrder([first, second]: Answer, count: number): readonly (Finding | undefined)[] {
  return count === 1 ? [first] : [second, first];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
