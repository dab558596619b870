import { LabError } from '../lab-error.ts';
import type { Jaeger } from '../query/jaeger.ts';
import type { Trace } from '../query/span.ts';
import type { Facts } from '../report/facts.ts';
import { reportFolder } from '../report/folder.ts';
import { writeReport } from '../report/write-report.ts';
import type { Session } from '../stack.ts';
import { describeAnswer, type GivenAnswer } from './answer.ts';
import { layoutOf } from './evidence.ts';
import type { Exercise } from './exercise.ts';
import { type Grade, gradeAnswer } from './grade.ts';
import { healthLimitMs, lookForRepair, type Repair } from './health.ts';
import { gatherDrillFacts } from './post-mortem.ts';
import { describeRedHerring } from './red-herring.ts';
import { describeTrouble } from './situation.ts';
import type { Verdict } from './verdict.ts';

/** Grades an answer by what the backends show. `repair` is undefined where nobody was asked to repair the shop. */
export async function judge(
  { situation: { troubles }, brokenMs, calledMs, backends: { jaeger } }: Exercise,
  given: GivenAnswer | undefined,
  repair: Repair | undefined,
  { settings }: Session,
): Promise<Grade> {
  const layout = layoutOf(settings);
  const ids = given?.answer.flatMap(({ evidence }) => evidence ?? []) ?? [];
  const traces = await Promise.all(ids.map((id) => findTrace(jaeger, id)));
  return gradeAnswer({
    ...{ troubles, repair, answer: given?.answer, areNeighbours: layout.areNeighbours },
    seconds: ((given?.atMs ?? Date.now()) - calledMs) / 1000,
    evidenceOf({ evidence }, part) {
      if (!layout.isTraced(part)) return 'untraced';
      const trace = traces.find((one) => one?.traceId === evidence);
      return trace && layout.shows(trace, part, brokenMs) ? 'shown' : 'not shown';
    },
  });
}

/** Ends a drill: looks who repaired the shop, puts it right, grades the answer, and writes the post-mortem. */
export async function debrief(
  exercise: Exercise,
  given: GivenAnswer | undefined,
  session: Session,
  report: (line: string) => void,
): Promise<Verdict> {
  const { seed, level, situation } = exercise;
  report(`Looking whether the shop is healthy (up to ${healthLimitMs / 1000} s) …`);
  const repair = await lookForRepair(exercise, session.stack);
  const endMs = Date.now();
  report('Putting the shop right …');
  await exercise.repair();
  const grade = await judge(exercise, given, repair, session);
  const verdict = {
    ...{ seed, level, ...grade, answer: given ? describeAnswer(given.answer) : 'no answer' },
    truth: situation.troubles.map((one) => ({
      part: one.part,
      cause: one.cause,
      what: describeTrouble(one),
    })),
    ...(situation.redHerring && { red_herring: describeRedHerring(situation.redHerring) }),
  };
  report('Writing the post-mortem …');
  try {
    const facts = await gatherDrillFacts(exercise, given, grade, endMs, session);
    const { html } = await writeReport(reportFolder(session.settings.home, 'drill', Date.now()), facts);
    return { ...verdict, evidence: evidenceOf(facts), report: html };
  } catch (error) {
    // A backend that cannot be asked, or a full disk, costs the report and not the grade.
    const problem = `The post-mortem cannot be written: ${error instanceof Error ? error.message : error}`;
    return { ...verdict, evidence: { alerts: [], traces: [], log_lines: [] }, problem };
  }
}

async function findTrace(jaeger: Jaeger, id: string): Promise<Trace | undefined> {
  return jaeger.traceById(id).catch((error) => {
    if (error instanceof LabError) return undefined;
    throw error;
  });
}

function evidenceOf({ alerts, traces, logLines }: Facts): Verdict['evidence'] {
  return {
    alerts: alerts.map(
      ({ summary, name, firingMs }) =>
        `${name} ${firingMs === undefined ? 'was pending' : 'fired'}: ${summary}`,
    ),
    traces: traces.slice(0, 3).map(({ traceId, request, what }) => `${traceId}  ${request}: ${what}`),
    log_lines: logLines.slice(0, 3).map(({ service, level, body }) => `${service} ${level}: ${body}`),
  };
}
