import { LabError } from '../lab-error.ts';
import { remedyFor, wasResumed } from '../part-messages.ts';
import { poll } from '../poll.ts';
import type { Progress } from '../progress.ts';
import { refuseSharedPort, refuseTakenPorts, type WantedPort } from '../taken-ports.ts';
import type { NativePart } from './native-part.ts';
import { takeDown } from './take-down.ts';

type Started = Pick<NativePart, 'part' | 'whyNotReady'> & {
  process: Pick<NativePart['process'], 'readState' | 'waitForExit' | 'quoteLog'>;
};

const readyLimitMs = 60_000;
const noticeMs = 2000;
const repeatMs = 10_000;

/**
 * Starts the parts that do not run, resumes the paused ones, and resolves to the started ones when all are ready.
 * `prepare` is called first, with the parts to be started. When one fails or `signal` aborts, the parts that this call
 * started are stopped again.
 */
export async function bringUp(
  parts: readonly NativePart[],
  prepare: (missing: readonly NativePart[]) => Promise<void>,
  { report, signal }: Progress,
): Promise<NativePart[]> {
  const missing = parts.filter((one) => one.process.readState().state !== 'running');
  await refuseTakenPorts(portsOf(missing));
  if (missing.length > 0) await prepare(missing);
  for (const { part, process } of parts) {
    const now = process.readState();
    if (now.state !== 'running' || !now.process.isPaused) continue;
    if (process.send('SIGCONT')) report(wasResumed(part.name));
  }

  const started: NativePart[] = [];
  const waiting = new Map<string, string>();
  const makeReady = async (one: NativePart, stop: AbortSignal) => {
    const { name } = one.part;
    const since = Date.now();
    waiting.set(name, 'being prepared');
    if (missing.includes(one)) {
      const command = await one.prepare(stop);
      stop.throwIfAborted();
      started.push(one);
      await one.process.start(command);
    }
    await waitUntilReady(one, stop, (why) => waiting.set(name, why));
    waiting.delete(name);
    if (!missing.includes(one)) return;
    const now = one.process.readState();
    if (isService(one) && now.state === 'running') refuseSharedPort(one.part, now.process.pid);
    await one.afterStart();
    if (parts.length > 1) report(`  ${name} is ready (${((Date.now() - since) / 1000).toFixed(1)} s)`);
  };

  const endReports = reportWaiting(waiting, report);
  try {
    // A service starts without its neighbours, but not without its database.
    for (const group of [parts.filter((one) => !isService(one)), parts.filter(isService)]) {
      await runAll(group, makeReady, signal);
    }
  } catch (error) {
    endReports();
    if (started.length > 0) report('Stopping what was started …');
    await takeDown(started, report);
    throw error;
  }
  endReports();
  return started;
}

function isService({ part }: NativePart): boolean {
  return part.kind === 'service';
}

/** Reports what is waited for: after two seconds, whenever that changes, and every ten seconds. */
function reportWaiting(waiting: ReadonlyMap<string, string>, report: (line: string) => void): () => void {
  let last = { text: '', atMs: 0 };
  const timer = setInterval(() => {
    const text = [...Map.groupBy(waiting, ([, why]) => why)]
      .map(([why, parts]) => `${parts.map(([name]) => name).join(', ')} (${why})`)
      .join('; ');
    if (text === '' || (text === last.text && Date.now() - last.atMs < repeatMs)) return;
    last = { text, atMs: Date.now() };
    report(`  … waiting for ${text}`);
  }, noticeMs);
  return () => clearInterval(timer);
}

/** Runs `work` on all parts at once. The first failure, or `signal`, stops the others and is thrown at the end. */
async function runAll(
  parts: readonly NativePart[],
  work: (one: NativePart, stop: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  await Promise.allSettled(parts.map((one) => work(one, stop).catch((error) => failure.abort(error))));
  stop.throwIfAborted();
}

/** Throws a LabError when the process ends or a minute passes before. */
export async function waitUntilReady(
  { part, process, whyNotReady }: Started,
  signal: AbortSignal,
  onWait: (why: string) => void,
): Promise<void> {
  let why: string | undefined;
  const check = async () => {
    if (process.readState().state === 'ended') {
      const how = await process.waitForExit();
      const log = process.quoteLog();
      throw new LabError(`${part.name} ${how} instead of getting ready. ${log}${remedyFor(log)}`);
    }
    why = await whyNotReady();
    if (why === undefined) return true;
    onWait(why);
    return undefined;
  };
  if (await poll(check, { intervalMs: 100, limitMs: readyLimitMs, signal })) return;
  throw new LabError(
    `${part.name} is not ready after ${readyLimitMs / 1000} s: ${why}. ${process.quoteLog()}`,
  );
}

/** All ports on which these parts will listen. */
export function portsOf(parts: readonly NativePart[]): WantedPort[] {
  return parts.flatMap(({ part: { name, port, furtherPorts }, host }) =>
    [port, ...furtherPorts].map((each) => ({ name, port: each, host })),
  );
}
