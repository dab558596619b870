import { describe, expect, test } from 'vitest';
import { type Answer, readAnswer } from '../src/drill/answer.ts';
import { gradeAnswer, type Performance } from '../src/drill/grade.ts';

const databaseHangs = { part: 'product_dbase', cause: 'hanging' } as const;
const lokiCrashed = { part: 'loki', cause: 'crashed' } as const;
const trace = 'a'.repeat(32);

/** Product-service and its database are neighbours, and the trace shows the database. */
function grade(performance: Partial<Performance>) {
  return gradeAnswer({
    ...{ troubles: [databaseHangs], answer: [], seconds: 60, repair: { isDone: true, why: 'all is well' } },
    areNeighbours: (one, other) => [one, other].toSorted().join() === 'product-service,product_dbase',
    evidenceOf: ({ evidence }, part) =>
      part === 'loki' ? 'untraced' : evidence === trace && part === 'product_dbase' ? 'shown' : 'not shown',
    ...performance,
  });
}

/** The points of each step, in the order of a drill. */
const pointsOf = (performance: Partial<Performance>) => {
  const { solved, points, steps } = grade(performance);
  return { solved, points, steps: steps.map((step) => step.points) };
};

const right: Answer = [{ ...databaseHangs, evidence: trace }];

test.for<[string, Partial<Performance>, { solved: boolean; points: number; steps: number[] }]>([
  ['is right in all', { answer: right }, { solved: true, points: 100, steps: [15, 30, 20, 10, 15, 10] }],
  [
    'names the part and another cause',
    { answer: [{ part: 'product_dbase', cause: 'crashed' }] },
    { solved: false, points: 70, steps: [15, 30, 0, 0, 15, 10] },
  ],
  [
    'names a neighbour',
    { answer: [{ part: 'product-service', cause: 'hanging' }] },
    { solved: false, points: 75, steps: [15, 15, 20, 0, 15, 10] },
  ],
  [
    'names a part far away',
    { answer: [{ part: 'loki', cause: 'hanging' }] },
    { solved: false, points: 40, steps: [15, 0, 0, 0, 15, 10] },
  ],
  ['sees nothing', { answer: [] }, { solved: false, points: 0, steps: [0, 0, 0, 0, 0, 0] }],
  ['does not come', { answer: undefined }, { solved: false, points: 0, steps: [0, 0, 0, 0, 0, 0] }],
  [
    'leaves the repair to the drill',
    { answer: right, repair: { isDone: false, why: 'loki was paused' } },
    { solved: true, points: 85, steps: [15, 30, 20, 10, 0, 10] },
  ],
  [
    'comes after nine minutes',
    { answer: right, seconds: 540 },
    { solved: true, points: 95, steps: [15, 30, 20, 10, 15, 5] },
  ],
  [
    'shows a trace of something else',
    { answer: [{ ...databaseHangs, evidence: 'b'.repeat(32) }] },
    { solved: true, points: 90, steps: [15, 30, 20, 0, 15, 10] },
  ],
  [
    'names what no trace can show',
    { troubles: [lokiCrashed], answer: [lokiCrashed] },
    { solved: true, points: 100, steps: [15, 30, 20, 10, 15, 10] },
  ],
  [
    'rightly finds nothing',
    { troubles: [], answer: [] },
    { solved: true, points: 100, steps: [15, 30, 20, 10, 15, 10] },
  ],
  [
    'is a false alarm',
    { troubles: [], answer: right },
    { solved: false, points: 0, steps: [0, 0, 0, 0, 0, 0] },
  ],
  [
    'names both of two, in another order',
    { troubles: [lokiCrashed, databaseHangs], answer: [...right, lokiCrashed] },
    { solved: true, points: 100, steps: [15, 30, 20, 10, 15, 10] },
  ],
  [
    'names the second of two',
    { troubles: [lokiCrashed, databaseHangs], answer: right },
    { solved: false, points: 70, steps: [15, 15, 10, 5, 15, 10] },
  ],
])('When an answer %s, then its points are these', ([, performance, expected]) => {
  expect(pointsOf(performance)).toEqual(expected);
});

test('When nobody was asked to repair the shop, then there are no points for it, and 85 in all', () => {
  const { of, points, steps } = grade({ answer: right, repair: undefined });
  expect({ of, points, names: steps.map(({ name }) => name) }).toEqual({
    ...{ of: 85, points: 85, names: ['detected', 'located', 'cause', 'evidence', 'time'] },
  });
});

describe('When an answer is read', () => {
  test.for<[unknown, number, Answer]>([
    [{ part: 'none', cause: 'nothing' }, 1, []],
    [{ findings: [] }, 1, []],
    [{ ...lokiCrashed, evidence: null }, 1, [lokiCrashed]],
    [{ ...lokiCrashed, evidence: trace.toUpperCase() }, 1, [{ ...lokiCrashed, evidence: trace }]],
    [{ findings: [lokiCrashed, databaseHangs] }, 2, [lokiCrashed, databaseHangs]],
  ])('then %j is understood', ([given, atMost, expected]) => {
    expect(readAnswer(given, atMost)).toEqual(expected);
  });

  test.for<[unknown, RegExp]>([
    [{ part: 'mysql', cause: 'crashed' }, /must be one of frontend, .*, none/],
    [{ part: 'loki', cause: 'broken' }, /must be one of crashed, hanging, slow, errors, nothing/],
    [{ part: 'loki' }, /must be one of crashed/],
    [{ part: 'loki', cause: 'nothing' }, /none goes with the cause nothing/],
    [{ part: 'none', cause: 'slow' }, /none goes with the cause nothing/],
    [{ ...lokiCrashed, evidence: 'this one' }, /must be a trace id/],
    [{ findings: [lokiCrashed, databaseHangs] }, /At most one part can be named/],
    ['nothing', /must be one of|object/],
    [null, /object/],
  ])('then %j is refused with what is wrong', ([given, message]) => {
    expect(() => readAnswer(given, 1)).toThrow(message);
  });
});
