import { LabError } from '../lab-error.ts';
import { createBackends } from '../native/backends/backends.ts';
import type { Settings } from '../settings.ts';

/** The path of k6, from PATH or the cache. Throws a LabError that says how to get it. */
export async function findK6(settings: Settings, signal: AbortSignal): Promise<string> {
  const backends = createBackends(settings, { report: () => {}, signal });
  const path = await backends.find('k6');
  if (path !== undefined) return path;
  const note = (await backends.list()).find(({ name }) => name === 'k6')?.note;
  throw new LabError(
    `There is no k6 here${note ? ` (${note})` : ''}: ./vitrine backends compiles it. With Docker it needs no compiling: docker compose --profile load run --rm k6 run /k6/smoke.js`,
  );
}
