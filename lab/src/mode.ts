import { createDocker, projectName } from './compose/compose.ts';
import { listIds } from './compose/containers.ts';
import { findTrouble } from './compose/engine.ts';
import { type Variables, withoutEmpty } from './env-file.ts';
import { foldersOf } from './home.ts';
import { LabError, UsageError } from './lab-error.ts';
import { partProcess } from './native/part-process.ts';
import { requireLinux } from './native/preflight.ts';
import { partNames } from './part-names.ts';
import type { Places } from './settings.ts';

/** What runs the shop: the containers of docker-compose.yml, or processes of this machine. */
export type Mode = 'docker' | 'native';

/**
 * The mode of a command: as `asked`, else that of the shop that runs, else Docker where it can be used; says on stderr
 * when it is there and cannot. Throws a LabError when Docker gives no answer, a UsageError when it is asked for and cannot
 * be used, or the shop runs in the other mode.
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
  const trouble = await findTrouble(variables);
  if (trouble === undefined && asked !== 'native') return 'docker';
  if (trouble === undefined && (await runsInDocker(places, variables))) {
    throw new UsageError('The shop runs in Docker. To change over: ./stop.sh first.');
  }
  if (trouble?.kind === 'silent' && asked !== 'native') {
    throw new LabError(
      `Docker gives ${trouble.why}. Try again when it does, or run the shop without it: ./start.sh --native`,
    );
  }
  if (trouble && asked === 'docker') {
    throw new UsageError(`Docker cannot be used: ${trouble.why}. Without --docker the shop runs natively.`);
  }
  requireLinux();
  if (trouble?.kind === 'unusable' && asked === undefined) {
    const [why] = trouble.why.split('\n');
    process.stderr.write(`Docker cannot be used, so the shop runs natively: ${why}\n`);
  }
  return 'native';
}

function runsNatively({ home }: Places): boolean {
  return partNames.some((part) => partProcess(part, foldersOf(home)).readState().state === 'running');
}

async function runsInDocker(places: Places, variables: Variables): Promise<boolean> {
  const docker = createDocker(variables, AbortSignal.timeout(5000));
  return (await listIds(docker, 'container', projectName(places))).length > 0;
}
