import { LabError } from '../../lab-error.ts';
import type { Session } from '../../stack.ts';
import { alignColumns } from '../../status-table.ts';
import { createBackends } from './backends.ts';
import { type ProgramName, shopPrograms } from './programs.ts';

/**
 * `./vitrine backends`: compiles those of `wanted` that are missing, by default those of a shop, and lists all programs.
 * Throws a LabError when a wanted one stays missing.
 */
export async function backendsCommand(
  wanted: readonly ProgramName[],
  { settings, report }: Pick<Session, 'settings' | 'report'>,
  signal: AbortSignal,
): Promise<void> {
  const backends = createBackends(settings, { report, signal });
  const names: readonly ProgramName[] = wanted.length > 0 ? wanted : shopPrograms;
  const missing = (await backends.list()).filter(({ name, path }) => names.includes(name) && !path);
  const whyNot = await Promise.all(missing.map(({ name }) => backends.whyNotCompilable(name)));
  const toCompile = missing.filter((_, index) => whyNot[index] === undefined).map(({ name }) => name);
  if (toCompile.length > 0) report(backends.forecast(toCompile));
  const outcomes = await Promise.allSettled(toCompile.map(backends.compile));
  signal.throwIfAborted();

  const rows = (await backends.list()).map(({ name, version = '', path, note }) => {
    const isSpare = !path && !names.includes(name);
    return [name, version, path ?? 'missing', note ?? (isSpare ? `./vitrine backends ${name}` : '')];
  });
  for (const line of alignColumns([['program', 'version', 'from', ''], ...rows])) report(line);
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  const unexpected = reasons.find((reason) => !(reason instanceof LabError));
  if (unexpected) throw unexpected;
  const messages = new Set([
    ...whyNot.flatMap((why) => (why === undefined ? [] : `Programs are missing, and ${why}.`)),
    ...reasons.map(({ message }) => message),
  ]);
  if (messages.size > 0) throw new LabError([...messages].join('\n'));
}
