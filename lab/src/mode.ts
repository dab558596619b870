import { createDocker, projectName } from './compose/compose.ts';
import { listIds } from './compose/containers.ts';
import { whyNoDocker } from './compose/engine.ts';
import { type Variables, withoutEmpty } from './env-file.ts';
import { foldersOf } from './home.ts';
import { UsageError } from './lab-error.ts';
import { partProcess } from './native/part-process.ts';
import { requireLinux } from './native/preflight.ts';
import { partNames } from './part-names.ts';
import type { Places } from './settings.ts';

/** What runs the shop: the containers of docker-compose.yml, or processes of this machine. */
export type Mode = 'docker' | 'native';

/**
 * The mode of a command: as `asked`, else that of the shop that runs, else Docker where it can be used. Throws a
 * UsageError when Docker is asked for and cannot be used, or the shop runs in the other mode.
 */
export async function chooseMode(
  places: Places,
  environment: NodeJS.Dict<string>,
  asked?: Mode,
): Promise<Mode> {
  if (runsNatively(places)) {
    if (asked === 'docker') throw new UsageError('The shop runs natively. To change over: ./stop.sh first.');
    return 'native';
  }
  const variables = withoutEmpty(environment);
  const why = await whyNoDocker(variables);
  if (asked === 'docker' && why !== undefined) {
    throw new UsageError(`Docker cannot be used: ${why}. Without --docker the shop runs natively.`);
  }
  if (asked === 'native' && why === undefined && (await runsInDocker(places, variables))) {
    throw new UsageError('The shop runs in Docker. To change over: ./stop.sh first.');
  }
  const mode = asked ?? (why === undefined ? 'docker' : 'native');
  if (mode === 'native') requireLinux();
  return mode;
}

function runsNatively({ home }: Places): boolean {
  return partNames.some((part) => partProcess(part, foldersOf(home)).readState().state === 'running');
}

async function runsInDocker(places: Places, variables: Variables): Promise<boolean> {
  const docker = createDocker(variables, AbortSignal.timeout(5000));
  return (await listIds(docker, 'container', projectName(places))).length > 0;
}
