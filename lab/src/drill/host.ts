import { once } from 'node:events';
import { signal as interruption } from '../interruption.ts';
import { chooseFromArgument } from '../kubernetes/cluster.ts';
import { LabError } from '../lab-error.ts';
import { poll } from '../poll.ts';
import { withStack } from '../session.ts';
import type { Session } from '../stack.ts';
import { describeAnswer, type GivenAnswer, readAnswer } from './answer.ts';
import { debrief } from './debrief.ts';
import { type Exercise, withExercise } from './exercise.ts';
import type { HostMessage } from './host-process.ts';
import { closeLine, openLine, problemOf, type Reply, type Request } from './line.ts';
import { drawSchema } from './situation.ts';
import type { Verdict } from './verdict.ts';

// `./vitrine drill` starts this process, which holds the situation in its memory and nowhere else: it writes no log, and
// its record in the home tells that there is a drill. It ends with the verdict, with its time, or with the shop.

const betweenMs = 500;

/** Aborts when the command that began the drill ends before it has the sheet. */
const abandoned = new AbortController();
let isHandedOver = false;
process.on('disconnect', () => {
  if (!isHandedOver) abandoned.abort(new LabError('The command that began the drill has ended.'));
});
const signal = AbortSignal.any([interruption, abandoned.signal]);

chooseFromArgument(process.argv[2]);

let given: GivenAnswer | undefined;
let isEnding = false;
/** Tells what is under way to the command that waits for it. */
let report = (progress: string) => say({ progress });
let close = () => {};
const end = Promise.withResolvers<Reply>();

try {
  const [message] = await once(process, 'message', { signal });
  const verdict = await withStack(signal, (session) =>
    withExercise(
      drawSchema.parse(message),
      { name: 'drill', session, report: (line) => report(line), signal },
      (exercise, signal) => attend(exercise, session, signal),
    ),
  );
  end.resolve({ verdict });
} catch (error) {
  end.resolve(problemOf(error));
  say(problemOf(error));
  process.exitCode = 1;
} finally {
  close();
  hangUp();
}

/** Tells the command that began the drill, if that is still there; then calls `next`. */
function say(message: HostMessage, next = () => {}): void {
  if (process.connected) process.send?.(message, next);
}

function hangUp(): void {
  if (process.connected) process.disconnect();
}

/** Hands over the sheet, and takes answers until the drill is over. */
async function attend(exercise: Exercise, session: Session, signal: AbortSignal): Promise<Verdict> {
  const { sheet, untilMs } = exercise;
  const { home } = session.settings;
  const server = await openLine(home, (request, reply) => serve(request, reply, sheet.answers.at_most));
  close = () => closeLine(home, server);
  isHandedOver = true;
  say({ sheet }, hangUp);

  const isOver = () => isEnding || Date.now() >= untilMs || undefined;
  await poll(isOver, { intervalMs: betweenMs, limitMs: Number.POSITIVE_INFINITY, signal });
  isEnding = true;
  return debrief(exercise, given, session, (line) => report(line));
}

async function serve(request: Request, reply: (reply: Reply) => void, atMost: number): Promise<void> {
  if (isEnding) throw new LabError('The drill is at its end already.');
  if (request.do === 'answer') {
    const answer = readAnswer(request.answer, atMost);
    given = { answer, atMs: Date.now() };
    return reply({ answer: describeAnswer(answer) });
  }
  report = (progress) => reply({ progress });
  isEnding = true;
  reply(await end.promise);
}
