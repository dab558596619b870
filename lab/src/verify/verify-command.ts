import { repairAbandoned } from '../faults/break-shop.ts';
import { UsageError } from '../lab-error.ts';
import { build } from '../native/preflight.ts';
import { pause } from '../poll.ts';
import type { Session } from '../stack.ts';
import { holds, messageOf, type Verdict } from './check.ts';
import { verdictAsJson, verdictLines } from './verdict.ts';

const betweenMs = 5000;
const clearScreen = '\u001b[H\u001b[2J\u001b[3J';

/** `./vitrine verify`. Resolves to the exit status: 0 if every check holds, else 1. */
export async function verifyCommand(
  { json, watch }: { json?: true; watch?: true },
  session: Session,
  signal: AbortSignal,
): Promise<number> {
  if (watch && !process.stdout.isTTY) throw new UsageError('--watch needs a terminal.');
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  await repairAbandoned(session);
  // The registry, with which telemetry is compared, is in service-kit.
  await build(session.settings, ['service-kit'], { report: say, signal });
  const { verify } = await import('./verify.ts');
  const notice = 'A customer visits the shop; checks of their telemetry take up to 40 s …';
  const waiting = setTimeout(() => say(notice), 2000);
  const first = verify(session, signal).finally(() => clearTimeout(waiting));
  if (watch) return watchVerdicts(first, () => verify(session, signal), session, signal);
  const verdict = await first;
  for (const line of json ? [verdictAsJson(verdict)] : verdictLines(verdict)) session.report(line);
  return holds(verdict) ? 0 : 1;
}

/** Shows one verdict after the other until interrupted, also while the shop is down. Resolves to the last exit status. */
async function watchVerdicts(
  first: Promise<Verdict>,
  next: () => Promise<Verdict>,
  { report }: Session,
  signal: AbortSignal,
): Promise<number> {
  let status = 1;
  for (let verifying = first; ; verifying = next()) {
    const verdict = await verifying.catch(messageOf);
    if (signal.aborted) return status;
    status = typeof verdict !== 'string' && holds(verdict) ? 0 : 1;
    process.stdout.write(clearScreen);
    for (const line of typeof verdict === 'string' ? [verdict] : verdictLines(verdict)) report(line);
    report(`\n${new Date().toLocaleTimeString()}, again and again until Ctrl-C …`);
    await pause(betweenMs, signal).catch(() => undefined);
    if (signal.aborted) return status;
  }
}
