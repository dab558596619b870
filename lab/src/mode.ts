import { createDocker, projectName } from './compose/compose.ts';
import { listIds } from './compose/containers.ts';
import { findDockerProblem } from './compose/engine.ts';
import { type Variables, withoutEmpty } from './env-file.ts';
import { foldersOf } from './home.ts';
import { LabError, UsageError } from './lab-error.ts';
import { partProcess } from './native/part-process.ts';
import { requireLinux } from './native/preflight.ts';
import { partNames } from './part-names.ts';
import type { Places } from './settings.ts';

/** The shop runs in the containers of docker-compose.yml, or as processes of this machine. */
export type Mode = 'docker' | 'native';

/**
 * Chooses the mode of a command: the requested one, else that of the running shop, else Docker where it can be used.
 * Says on stderr when Docker is installed but cannot be used. Throws a LabError when Docker does not answer; a
 * UsageError when it is requested and cannot be used, or when the shop runs in the other mode.
 */
export async function chooseMode(
  places: Places,
  environment: NodeJS.Dict<string>,
  requested?: Mode,
): Promise<Mode> {
  if (runsNatively(places)) {
    if (requested === 'docker')
      throw new UsageError('The shop runs natively. To change over: ./stop.sh first.');
    return 'native';
  }
  const variables = withoutEmpty(environment);
  const problem = await findDockerProblem(variables);
  if (problem === undefined && requested !== 'native') return 'docker';
  if (problem === undefined && (await runsInDocker(places, variables))) {
    throw new UsageError('The shop runs in Docker. To change over: ./stop.sh first.');
  }
  if (problem?.kind === 'timeout' && requested !== 'native') {
    throw new LabError(
      `Docker gives ${problem.why}. Try again when it does, or run the shop without it: ./start.sh --native`,
    );
  }
  if (problem && requested === 'docker') {
    throw new UsageError(`Docker cannot be used: ${problem.why}. Without --docker the shop runs natively.`);
  }
  requireLinux();
  if (problem?.kind === 'unusable' && requested === undefined) {
    const [why] = problem.why.split('\n');
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
