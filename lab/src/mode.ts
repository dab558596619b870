import { createDocker, projectName } from './compose/compose.ts';
import { type Container, isRunning, listContainers } from './compose/containers.ts';
import { type DockerProblem, findDockerProblem } from './compose/engine.ts';
import { findOtherOwner, projectOfOther } from './compose/owner.ts';
import { withoutEmpty } from './env-file.ts';
import { foldersOf, hasNativeData } from './home.ts';
import { LabError, UsageError } from './lab-error.ts';
import { partProcess } from './native/part-process.ts';
import { requireLinux } from './native/preflight.ts';
import { partNames } from './part-names.ts';
import type { Places } from './settings.ts';
import { type OwnMode, readShopRecord, type ShopRecord, type Start } from './shop-record.ts';

const answerLimitMs = 60_000;

/** The mode of a command, and how the shop was started if something of it runs. */
export type Choice = { mode: OwnMode; running?: Start };

/**
 * Chooses the mode of a command: that of the running shop, else the requested one, else that of the last start, else
 * Docker where it can be used. Says on stderr when Docker is installed but cannot be used. Throws a LabError when Docker
 * does not answer; a UsageError when Docker is meant and cannot be used or has another shop under this one's name, and
 * when the shop runs in another mode than the requested one.
 */
export async function chooseMode(
  places: Places,
  environment: NodeJS.Dict<string>,
  requested?: OwnMode,
): Promise<Choice> {
  const record = readShopRecord(places.home);
  if (runsNatively(places)) {
    if (requested === 'docker')
      throw new UsageError('The shop runs natively. To change over: ./stop.sh first.');
    return { mode: 'native', running: startOf(record) };
  }
  const known = record?.mode ?? (hasNativeData(places.home) ? 'native' : undefined);
  const wanted = requested ?? known;
  const variables = withoutEmpty(environment);
  const problem = await findDockerProblem(variables);
  if (problem) {
    if (wanted !== 'native') refuseWithoutDocker(problem, { requested, known });
    requireLinux();
    return { mode: 'native' };
  }
  const docker = createDocker(variables, AbortSignal.timeout(answerLimitMs));
  const other = await findOtherOwner(docker, places);
  const containers = other === undefined ? await listContainers(docker, projectName(places)) : [];
  if (containers.length > 0 && requested === 'native') {
    throw new UsageError('The shop runs in Docker. To change over: ./stop.sh first.');
  }
  if (containers.length === 0 && wanted === 'native') {
    requireLinux();
    return { mode: 'native' };
  }
  if (other !== undefined) throw projectOfOther(other, places);
  return { mode: 'docker', ...runningIn(containers, record) };
}

/** Returns where native mode takes the place of Docker. */
function refuseWithoutDocker(
  { kind, why }: DockerProblem,
  { requested, known }: { requested: OwnMode | undefined; known: OwnMode | undefined },
): void {
  if (kind === 'timeout') {
    throw new LabError(
      `Docker gives ${why}. Try again when it does, or run the shop without it: ./start.sh --native`,
    );
  }
  if (known === 'docker') {
    throw new UsageError(
      `The shop of this home is in Docker, which cannot be used: ${why}\nWithout it, ./start.sh --native opens another one, with data of its own.`,
    );
  }
  if (requested === 'docker') {
    throw new UsageError(`Docker cannot be used: ${why}. Without --docker the shop runs natively.`);
  }
  const [line] = why.split('\n');
  if (kind === 'unusable' && process.platform === 'linux') {
    process.stderr.write(`Docker cannot be used, so the shop runs natively: ${line}\n`);
  }
}

/** What containers that hold their ports tell of their start goes before what the home remembers of it. */
function runningIn(
  containers: readonly Container[],
  record: ShopRecord | undefined,
): Pick<Choice, 'running'> {
  const alive = containers.filter(isRunning);
  if (alive.length === 0) return {};
  const { ports, variables } = startOf(record?.mode === 'docker' ? record : undefined);
  const published = alive.map(({ publishedPorts }) => publishedPorts);
  const address = alive.find(({ publishedAddress }) => publishedAddress)?.publishedAddress;
  return {
    running: {
      ports: Object.assign({}, ports, ...published),
      variables: address === undefined ? variables : { ...variables, BIND_ADDRESS: address },
    },
  };
}

export function runsNatively({ home }: Pick<Places, 'home'>): boolean {
  return partNames.some((part) => partProcess(part, foldersOf(home)).readState().state === 'running');
}

function startOf(record: ShopRecord | undefined): Start {
  const { ports = {}, variables = {} } = record ?? {};
  return { ports, variables };
}
