import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Breaker, repairAbandoned, requireWhole, withTrial } from '../faults/break-shop.ts';
import { refuseRunningTrial } from '../faults/trial.ts';
import { foldersOf, openHome } from '../home.ts';
import { chosenCluster } from '../kubernetes/cluster.ts';
import { LabError, UsageError } from '../lab-error.ts';
import { existingFile } from '../native/check-pipeline.ts';
import { reasonOf } from '../query/backend.ts';
import { openStack, underShopLock } from '../session.ts';
import type { Session } from '../stack.ts';
import { writeWhole } from '../write-whole.ts';
import { judge } from './judge.ts';
import { type Figure, figureSchema, takeSnapshot } from './snapshot.ts';
import { compareTable } from './table.ts';

/**
 * Measures the telemetry while the collector has `overlay` merged into its configuration, and then without it: so a file
 * that the collector refuses fails at once. Both times the collector has just been started, since it takes more memory
 * with time. Throws a UsageError when there is no such file, and a LabError with the collector's complaint.
 */
export async function tryOverlay(
  overlay: string,
  seconds: number,
  session: Session,
  interruption: AbortSignal,
): Promise<void> {
  const { settings, mode, report } = session;
  const path = existingFile(overlay);
  const tried = async (_: Breaker, signal: AbortSignal) => {
    const changed = openStack(mode, { ...settings, overlay: path }, signal);
    report(`The collector is restarted with ${path} …`);
    await underShopLock(settings.home, signal, () => changed.restart('otel-collector'));
    const figures = await takeSnapshot(session, seconds, signal);
    return { figures, verdict: await judge(session, signal) };
  };
  const { figures, verdict } = await withTrial('comparison', session, interruption, tried, 'pipeline');
  report('The collector has been restarted as it was before.');
  const before = await takeSnapshot(session, seconds, interruption);
  for (const line of ['', ...compareTable(before, figures, ['without', 'with'])]) report(line);
  for (const line of ['', 'With it:', ...verdict]) report(line);
}

/** Measures the telemetry, and keeps the figures for {@link compareWithSaved}. */
export async function saveSnapshot(seconds: number, session: Session, signal: AbortSignal): Promise<void> {
  const { home } = session.settings;
  const figures = await takeUndisturbed(seconds, session, signal);
  openHome(home);
  const file = snapshotFile(home);
  try {
    writeWhole(file, JSON.stringify({ takenAt: new Date().toISOString(), figures }));
  } catch (error) {
    throw new LabError(`${file} cannot be written, so the figures are lost: ${reasonOf(error)}`);
  }
  session.report('The figures are kept. After your change, ./vitrine compare shows what has become of them.');
}

/** Measures the telemetry, and shows what has changed since {@link saveSnapshot}. */
export async function compareWithSaved(
  seconds: number,
  session: Session,
  signal: AbortSignal,
): Promise<void> {
  const { report } = session;
  const { takenAt, figures } = readSnapshot(session.settings.home);
  report(`The figures kept are of ${takenAt}.`);
  const present = await takeUndisturbed(seconds, session, signal);
  for (const line of ['', ...compareTable(figures, present, ['before', 'now']), '']) report(line);
  for (const line of await judge(session, signal)) report(line);
}

async function takeUndisturbed(
  seconds: number,
  session: Session,
  signal: AbortSignal,
): Promise<readonly Figure[]> {
  refuseRunningTrial(session.settings.home);
  await repairAbandoned(session);
  requireWhole(await session.stack.status());
  return takeSnapshot(session, seconds, signal);
}

const snapshotFile = (home: string) => join(foldersOf(home).data, 'snapshot.json');
const snapshotSchema = z.object({ takenAt: z.iso.datetime(), figures: z.array(figureSchema) });

function readSnapshot(home: string): z.output<typeof snapshotSchema> {
  const file = snapshotFile(home);
  if (!existsSync(file))
    throw new UsageError(
      `There are no figures to compare with: ./vitrine compare --save keeps those of now${chosenCluster() ? '' : ', and ./vitrine compare <file> tries a file'}.`,
    );
  try {
    return snapshotSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new UsageError(`${file} is damaged: ./vitrine compare --save makes it anew.`);
  }
}
