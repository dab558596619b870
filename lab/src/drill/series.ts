import { LabError } from '../lab-error.ts';
import type { Session } from '../stack.ts';
import { alignColumns } from '../status-table.ts';
import { describeAnswer, type GivenAnswer, readAnswer } from './answer.ts';
import { judge } from './debrief.ts';
import { type Exercise, withExercise } from './exercise.ts';
import type { Grade } from './grade.ts';
import { runProgram } from './program.ts';
import { type Draw, describeSituation } from './situation.ts';

export type Series = Omit<Draw, 'seed'> & {
  seeds: readonly number[];
  /** Command lines. */
  programs: readonly string[];
};

/** `says` is the answer, or why there was none. */
type Attempt = { grade: Grade; says: string };

const limitMs = 120_000;

/**
 * Lets programs deal with one situation after another, all of them with the same one at the same time. Each gets the
 * sheet on its standard input, and answers on its standard output. Reports their scores.
 */
export async function runSeries(
  { seeds, programs, ...how }: Series,
  session: Session,
  signal: AbortSignal,
): Promise<void> {
  const { report } = session;
  const attempts: Attempt[][] = [];
  for (const seed of seeds) {
    report(`Seed ${seed} …`);
    const options = { name: 'series of drills', session, report: () => {}, signal };
    await withExercise({ seed, ...how }, options, async (exercise) => {
      const results = await Promise.all(
        programs.map((program) => attempt(program, exercise, session, signal)),
      );
      attempts.push(results);
      report(`Seed ${seed}: ${describeSituation(exercise.situation)}`);
      const rows = results.map(({ grade, says }, index) => [
        `  ${programs[index]}`,
        grade.solved ? 'solved' : 'not solved',
        `${grade.points} of ${grade.of}`,
        says,
      ]);
      for (const line of alignColumns(rows)) report(line);
    });
  }
  const rows = programs.map((program, index) => {
    const grades = attempts.flatMap((results) => results[index]?.grade ?? []);
    const solved = grades.filter((grade) => grade.solved).length;
    return [
      program,
      `${solved} of ${grades.length}`,
      percent(solved, grades.length),
      percent(sum(grades, 'points'), sum(grades, 'of')),
    ];
  });
  for (const line of ['', ...alignColumns([['program', 'solved', '', 'points'], ...rows])]) report(line);
}

async function attempt(
  program: string,
  exercise: Exercise,
  session: Session,
  signal: AbortSignal,
): Promise<Attempt> {
  const { sheet } = exercise;
  let given: GivenAnswer | undefined;
  let says: string;
  try {
    const output = await runProgram(program, `${JSON.stringify(sheet)}\n`, { limitMs, signal });
    given = { answer: readAnswer(parseJson(output), sheet.answers.at_most), atMs: Date.now() };
    says = describeAnswer(given.answer);
  } catch (error) {
    if (!(error instanceof LabError) || signal.aborted) throw error;
    says = error.message.split('\n').join(' ');
  }
  return { grade: await judge(exercise, given, undefined, session), says };
}

function parseJson(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    const start = output.trim().slice(0, 100);
    throw new LabError(start === '' ? 'it printed nothing' : `it printed no JSON: ${start}`);
  }
}

function sum(grades: readonly Grade[], key: 'points' | 'of'): number {
  return grades.reduce((total, grade) => total + grade[key], 0);
}

function percent(part: number, whole: number): string {
  return `${Math.round((100 * part) / whole)} %`;
}
