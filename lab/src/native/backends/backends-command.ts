import { LabError } from '../../lab-error.ts';
import type { Session } from '../../stack.ts';
import { alignColumns } from '../../status-table.ts';
import { createBackends } from './backends.ts';

/** `./vitrine backends`: compiles the missing programs and lists all. Throws a LabError when one stays missing. */
export async function backendsCommand(
  { settings, report }: Pick<Session, 'settings' | 'report'>,
  signal: AbortSignal,
): Promise<void> {
  const backends = createBackends(settings, { report, signal });
  const missing = (await backends.list()).filter(({ path }) => path === undefined);
  const outcomes = await Promise.allSettled(
    missing.map(async ({ name }) => {
      const why = await backends.whyNotCompilable(name);
      if (why) throw new LabError(`Programs are missing, and ${why}.`);
      await backends.compile(name);
    }),
  );
  signal.throwIfAborted();

  const rows = (await backends.list()).map(({ name, version = '', path = 'missing', note = '' }) => {
    return [name, version, path, note];
  });
  for (const line of alignColumns([['program', 'version', 'from', ''], ...rows])) report(line);
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  const unexpected = reasons.find((reason) => !(reason instanceof LabError));
  if (unexpected) throw unexpected;
  const messages = new Set(reasons.map(({ message }) => message));
  if (messages.size > 0) throw new LabError([...messages].join('\n'));
}
