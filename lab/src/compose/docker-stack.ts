import { emptyHome } from '../home.ts';
import { LabError } from '../lab-error.ts';
import type { Conversation } from '../native/preflight.ts';
import { databaseAway, goesOn, notPaused, notRunning } from '../part-messages.ts';
import type { PartName } from '../part-names.ts';
import type { Settings } from '../settings.ts';
import type { Stack } from '../stack.ts';
import { refuseTakenPorts } from '../taken-ports.ts';
import { bringUp, type Project } from './bring-up.ts';
import { composeArguments, composeEnvironment, createDocker, type Docker, projectName } from './compose.ts';
import { statusOf } from './container-status.ts';
import { listContainers, listIds } from './containers.ts';
import { createDockerParts, type DockerPart } from './docker-parts.ts';
import { followLogs } from './follow-logs.ts';

const takeAwayLimitMs = 60_000;
/** Of containers that hold their ports. */
const runningStates = ['running', 'paused', 'restarting'];

/** The stack as the containers of docker-compose.yml. */
export function createDockerStack(settings: Settings, { report, signal }: Conversation): Stack {
  const environment = composeEnvironment(settings);
  const docker = createDocker(environment, signal);
  const composeUntil = (end: AbortSignal): Docker => {
    const run = createDocker(environment, end);
    return (...args) => run(...composeArguments(settings), ...args);
  };
  const compose = composeUntil(signal);
  const project: Project = { name: projectName(settings), docker, composeUntil, report, signal };
  const parts = createDockerParts(settings);

  const find = (name: PartName): DockerPart => {
    const found = parts.find((part) => part.name === name);
    if (found) return found;
    throw new LabError(`${name} is not one of the twelve containers.`);
  };
  const readContainers = async () =>
    new Map((await listContainers(docker, project.name)).map((container) => [container.part, container]));
  /** The container of a part that runs, be it paused. */
  const requireRunning = async (name: PartName) => {
    const container = (await readContainers()).get(find(name).name);
    if (container && runningStates.includes(container.state)) return container;
    throw notRunning(name);
  };
  const refuseWithoutDatabase = async ({ name, database }: DockerPart) => {
    if (database === undefined) return;
    const state = (await readContainers()).get(database)?.state;
    if (state === 'running') return;
    throw databaseAway(name, database, state === 'paused' ? 'paused' : 'not running');
  };

  const build = async (services: readonly PartName[]) => {
    if (services.length === 0) return;
    const notice = setTimeout(
      () => report('Building the images of the services (a minute or two the first time) …'),
      2000,
    );
    await compose('--progress', 'plain', 'build', ...services).finally(() => clearTimeout(notice));
  };

  /** Starts or resumes those of `wanted` that are down or paused, and waits until all are ready. */
  const start = async (wanted: readonly DockerPart[]) => {
    const containers = await readContainers();
    const stateOf = ({ name }: DockerPart) => containers.get(name)?.state ?? 'exited';
    const paused = wanted.filter((part) => stateOf(part) === 'paused').map(({ name }) => name);
    const missing = wanted.filter((part) => !runningStates.includes(stateOf(part)));
    const host = settings.values.BIND_ADDRESS;
    await refuseTakenPorts(
      missing.flatMap(({ name, publishedPorts }) => publishedPorts.map((port) => ({ name, port, host }))),
    );
    if (paused.length > 0) await compose('unpause', ...paused);
    for (const name of paused) report(goesOn(name));
    try {
      await bringUp(wanted, project);
    } catch (error) {
      if (missing.length > 0) {
        report('Stopping what was started …');
        await takeAway(missing);
      }
      throw error;
    }
    return missing.map(({ name }) => name);
  };

  /** Also after an interruption. */
  const takeAway = async (started: readonly DockerPart[]) => {
    const names = started.map(({ name }) => name);
    const way = started.length === parts.length ? ['down'] : ['rm', '--stop', '--force', ...names];
    await composeUntil(AbortSignal.timeout(takeAwayLimitMs))(...way);
  };

  const services = parts.filter(({ isService }) => isService).map(({ name }) => name);
  return {
    async up() {
      await build(services);
      return start(parts);
    },
    async down({ reset }) {
      const containers = await readContainers();
      const volumes = reset ? await listIds(docker, 'volume', project.name) : [];
      if (containers.size + volumes.length > 0) await compose('down', ...(reset ? ['--volumes'] : []));
      const stopped = parts
        .map(({ name }) => name)
        .filter((name) => runningStates.includes(containers.get(name)?.state ?? 'exited'));
      const deleted = volumes.map((volume) => `the volume ${volume}`);
      return { stopped, deleted: reset ? [...deleted, ...emptyHome(settings.home)] : [] };
    },
    async status() {
      const containers = await readContainers();
      return Promise.all(parts.map((part) => statusOf(part, containers.get(part.name))));
    },
    async portsInUse() {
      const running = [...(await readContainers()).values()].filter(({ state }) =>
        runningStates.includes(state),
      );
      return Object.assign({}, ...running.map(({ publishedPorts }) => publishedPorts));
    },
    async logs(names, { lines, follow, onLine }) {
      const those = parts.map(({ name }) => name).filter((name) => names.includes(name));
      const options = ['--no-color', '--tail', String(lines), ...(follow ? ['--follow'] : [])];
      await followLogs(
        [...composeArguments(settings), 'logs', ...options, ...those],
        environment,
        onLine,
        signal,
      );
    },
    async start(name) {
      await refuseWithoutDatabase(find(name));
      await start([find(name)]);
    },
    async stop(name) {
      await requireRunning(name);
      await compose('stop', name);
    },
    async kill(name) {
      await requireRunning(name);
      await compose('kill', name);
    },
    async pause(name) {
      const { state } = await requireRunning(name);
      if (state !== 'paused') await compose('pause', name);
    },
    async resume(name) {
      const { state } = await requireRunning(name);
      if (state !== 'paused') throw notPaused(name);
      await compose('unpause', name);
    },
    async restart(name) {
      const part = find(name);
      await refuseWithoutDatabase(part);
      if (part.isService) await build([name]);
      await compose('stop', name);
      await start([part]);
    },
  };
}
