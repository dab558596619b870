import { z } from 'zod';
import { partNames } from '../part-names.ts';
import { sanitizeForTerminal } from '../trace-view/label.ts';
import { stepNames } from './grade.ts';
import { causeNames } from './situation.ts';

/** How a drill ended: the grade, what was wrong, and what showed it. `drill answer --json` prints it. */
export const verdictSchema = z.object({
  seed: z.number(),
  level: z.number(),
  solved: z.boolean(),
  points: z.number(),
  of: z.number(),
  steps: z
    .array(z.object({ name: z.enum(stepNames), points: z.number(), of: z.number(), why: z.string() }))
    .readonly(),
  /** The answer in words. */
  answer: z.string(),
  /** Empty when nothing was wrong. */
  truth: z.array(z.object({ part: z.enum(partNames), cause: z.enum(causeNames), what: z.string() })),
  red_herring: z.string().optional(),
  /** Lines of text. */
  evidence: z.object({
    alerts: z.array(z.string()),
    traces: z.array(z.string()),
    log_lines: z.array(z.string()),
  }),
  /** The report's page; without one, the problem says why. */
  report: z.string().optional(),
  problem: z.string().optional(),
});
export type Verdict = z.output<typeof verdictSchema>;

type Paint = (style: 'bold' | 'green' | 'red', text: string) => string;

/** The verdict for a terminal. */
export function verdictLines(verdict: Verdict, paint: Paint): string[] {
  const { solved, points, of, steps, truth, red_herring, evidence, report, problem, seed, level } = verdict;
  const { alerts, traces, log_lines } = evidence;
  const section = (title: string, lines: readonly string[]) =>
    lines.length > 0 ? ['', paint('bold', title), ...lines.map((line) => `  ${line}`)] : [];
  const happened =
    truth.length > 0 ? truth.map(({ what }) => `${what}.`) : ['Nothing: the shop was healthy.'];
  return [
    '',
    `${solved ? paint('green', 'Solved') : paint('red', 'Not solved')}: ${points} of ${of} points. Your answer: ${verdict.answer}.`,
    '',
    ...steps.map(
      (step) =>
        `  ${step.name.padEnd(9)} ${String(step.points).padStart(3)} of ${String(step.of).padStart(2)}  ${step.why}`,
    ),
    ...section('What was wrong', [...happened, ...(red_herring ? [`Beside it, ${red_herring}.`] : [])]),
    ...section('What showed it', [...new Set([...alerts, ...log_lines].map(sanitizeForTerminal))]),
    ...section('Traces', traces.map(sanitizeForTerminal)),
    '',
    problem ?? `The post-mortem: ${report}`,
    `The same situation again: ./vitrine drill --seed ${seed}${level === 1 ? '' : ` --level ${level}`}`,
  ];
}
