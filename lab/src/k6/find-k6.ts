import { LabError } from '../lab-error.ts';
import { createBackends } from '../native/backends/backends.ts';
import type { Progress } from '../progress.ts';
import type { Settings } from '../settings.ts';

/**
 * Resolves to what gives the path of k6: one on PATH or in the cache, or one that it compiles. Throws a LabError that says
 * how to get k6 when it cannot be compiled here.
 */
export async function findK6(settings: Settings, progress: Progress): Promise<() => Promise<string>> {
  const backends = createBackends(settings, progress);
  const { path, note } = (await backends.list()).find(({ name }) => name === 'k6') ?? {};
  if (path !== undefined) return async () => path;
  const why = await backends.whyNotCompilable('k6');
  if (why === undefined) return () => backends.compile('k6');
  throw new LabError(
    `There is no k6 here${note ? ` (${note})` : ''}, and ${why}. With Docker it needs no compiling: docker compose --profile load run --rm k6 run /k6/smoke.js`,
  );
}
