import { randomInt } from 'node:crypto';
import { styleText } from 'node:util';
import { repairAbandoned } from '../faults/break-shop.ts';
import { UsageError } from '../lab-error.ts';
import type { Progress } from '../progress.ts';
import type { Session } from '../stack.ts';
import { askPerson } from './ask-person.ts';
import { startHost } from './host-process.ts';
import { askHost, requireHost } from './line.ts';
import { sheetLines } from './sheet.ts';
import type { Level } from './situation.ts';
import { type Verdict, verdictLines } from './verdict.ts';

/** Starts a drill, and prints its sheet once somebody is called. */
export async function beginDrill(
  { seed = randomInt(1_000_000), level, fast, json }: BeginChoice,
  session: Session,
  signal: AbortSignal,
): Promise<void> {
  await repairAbandoned(session);
  // A program reads the sheet from stdout.
  const report = json ? toStderr : session.report;
  const sheet = await startHost({ seed, level, isFast: fast === true }, { report, signal });
  const lines = json ? [JSON.stringify(sheet)] : ['', ...sheetLines(sheet, (text) => paint('bold', text))];
  for (const line of lines) session.report(line);
}
type BeginChoice = { seed?: number; level: Level; fast?: true; json?: true };

/** Gives an answer to the drill that is running; with `json`, that ends it. */
export async function answerDrill(
  { part: parts, cause: causes = [], evidence = [], json }: AnswerChoice,
  home: string,
  { report, signal }: Progress,
): Promise<void> {
  const count = parts?.length ?? 0;
  if (causes.length > count || evidence.length > count)
    throw new UsageError('Each --cause, and each --evidence, belongs to a --part: name that first.');
  if (parts === undefined && !process.stdin.isTTY)
    throw new UsageError('Say what is wrong: ./vitrine drill answer --part <part> --cause <cause>');
  await requireHost(home);
  const statements = parts?.map((part, index) => ({
    ...{ part, cause: causes[index], evidence: evidence[index] },
  })) ?? [await askPerson({ input: process.stdin, output: process.stdout })];
  const progress = { report: toStderr, signal };
  const said = await askHost(home, { do: 'answer', answer: { findings: statements } }, progress);
  if (json) report(JSON.stringify(await end(home, progress)));
  else if ('answer' in said)
    report(`Noted: ${said.answer}. Repair it if you like; ./vitrine drill done ends the drill.`);
}
type AnswerChoice = { part?: string[]; cause?: string[]; evidence?: string[]; json?: true };

/** Ends the drill that is running, and prints the verdict. */
export async function endDrill(home: string, progress: Progress): Promise<void> {
  const verdict = await end(home, progress);
  for (const line of verdictLines(verdict, paint)) progress.report(line);
}

async function end(home: string, progress: Progress): Promise<Verdict> {
  const reply = await askHost(home, { do: 'done' }, progress);
  if ('verdict' in reply) return reply.verdict;
  throw new Error('the host of the drill answers something else than a verdict');
}

function paint(style: 'bold' | 'green' | 'red', text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

function toStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
