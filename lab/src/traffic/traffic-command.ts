import { setTimeout as wait } from 'node:timers/promises';
import { LabError } from '../lab-error.ts';
import type { Session } from '../stack.ts';
import { startTraffic } from './traffic.ts';

const betweenMs = 10_000;

/** Lets customers visit the running shop until interrupted, and says every ten seconds what they got. */
export async function trafficCommand(
  pagesPerSecond: number,
  { settings, mode, stack, report }: Session,
  signal: AbortSignal,
): Promise<void> {
  const frontend = (await stack.status()).find(({ part }) => part === 'frontend');
  if (frontend?.state !== 'ready')
    throw new LabError(
      `The shop is not open: frontend is ${frontend?.state ?? 'missing'}. ./start.sh starts it.`,
    );
  const { pages, stop } = await startTraffic(settings, pagesPerSecond);
  const where = mode === 'kubernetes' ? 'of the frontend, by kubectl port-forward' : `at ${frontend.address}`;
  report(`Customers open pages ${where}, ${pagesPerSecond} a second. Ctrl-C ends it.`);
  let before = { ...pages };
  while (!signal.aborted) {
    await wait(betweenMs, undefined, { signal }).catch(() => undefined);
    const { opened, failed, skipped } = pages;
    const late = skipped > before.skipped ? `, ${skipped - before.skipped} not opened: 200 wait already` : '';
    report(`  ${opened - before.opened} pages, ${failed - before.failed} of them failed${late}`);
    before = { ...pages };
  }
  await stop();
}
