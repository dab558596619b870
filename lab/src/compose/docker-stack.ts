import { emptyHome, hasNativeData } from '../home.ts';
import { makeReadable } from '../native/check-pipeline.ts';
import {
  databaseNotRunning,
  migrationsStay,
  notAPart,
  notPaused,
  notRunning,
  remedyFor,
  runsAsBefore,
  wasResumed,
} from '../part-messages.ts';
import type { PartName } from '../part-names.ts';
import { pipelineMemory } from '../pipeline-memory.ts';
import type { Progress } from '../progress.ts';
import { whyNotOk, whyServiceNotReady } from '../readiness.ts';
import { defaultPorts, type Settings } from '../settings.ts';
import { ownFolder } from '../shop-folder.ts';
import { recordShop, restoreShopRecord } from '../shop-record.ts';
import type { Stack } from '../stack.ts';
import { refuseTakenPorts } from '../taken-ports.ts';
import { bringUp, type Project } from './bring-up.ts';
import {
  composeArguments,
  composeEnvironment,
  createDocker,
  type Docker,
  projectName,
  refuseLostVariables,
} from './compose.ts';
import { statusOf } from './container-status.ts';
import { type Container, isRunning, listContainers, listIds } from './containers.ts';
import { createDockerParts, type DockerPart } from './docker-parts.ts';
import { followLogs } from './follow-logs.ts';
import { openMounts } from './open-mounts.ts';
import { claimProject, refuseNobodysVolumes, releaseProject } from './owner.ts';
import { tryPart } from './try-part.ts';

const removeLimitMs = 60_000;
const noticeMs = 2000;
const checkTimeoutMs = 2000;

/** The stack as the containers of docker-compose.yml. */
export function createDockerStack(settings: Settings, { report, signal }: Progress): Stack {
  const environment = composeEnvironment(settings);
  const docker = createDocker(environment, signal);
  const composeUntil = (end: AbortSignal): Docker => {
    const run = createDocker(environment, end);
    return (...args) => run(...composeArguments(settings), ...args);
  };
  const compose = composeUntil(signal);
  const project: Project = { name: projectName(settings), docker, composeUntil, report, signal };
  const parts = createDockerParts(settings);
  const pipeline = pipelineMemory(settings);

  const find = (name: PartName): DockerPart => {
    const found = parts.find((part) => part.name === name);
    if (found) return found;
    throw notAPart(name, 'one of the twelve containers');
  };
  const readContainers = async (ask = docker) =>
    new Map((await listContainers(ask, project.name)).map((container) => [container.part, container]));
  /** The container of a part that runs or is paused. */
  const requireRunning = async (name: PartName) => {
    const container = (await readContainers()).get(find(name).name);
    if (container && isRunning(container)) return container;
    throw notRunning(name);
  };
  const refuseWithoutDatabase = async ({ name, database }: DockerPart) => {
    if (database === undefined) return;
    const state = (await readContainers()).get(database)?.state;
    if (state === 'running') return;
    throw databaseNotRunning(name, database, state === 'paused' ? 'paused' : 'not running');
  };

  /** Runs `docker compose`, and reports `notice` when it takes long. */
  const composeWithNotice = async (notice: string, ...args: readonly string[]) => {
    const timer = setTimeout(() => report(notice), noticeMs);
    await compose(...args).finally(() => clearTimeout(timer));
  };
  const build = async (services: readonly PartName[]) => {
    if (services.length === 0) return;
    const notice = 'Building the images of the services (a minute or two the first time) …';
    await composeWithNotice(notice, '--progress', 'plain', 'build', ...services);
  };
  /** Pulls the images of `wanted` that are neither present nor built here; asks no registry when there are none. */
  const pull = async (wanted: readonly DockerPart[]) => {
    const names = wanted.filter(({ isService }) => !isService).map(({ name }) => name);
    if (names.length === 0) return;
    const notice = 'Fetching the images of the other parts (some minutes the first time) …';
    await composeWithNotice(notice, '--progress', 'quiet', 'pull', '--policy', 'missing', ...names);
  };

  const refusePortsOf = (missing: readonly DockerPart[]) => {
    const host = settings.values.BIND_ADDRESS;
    const ports = missing.flatMap(({ name, publishedPorts }) =>
      publishedPorts.map((port) => ({ name, port, host })),
    );
    return refuseTakenPorts(ports, 'docker');
  };

  /** Starts the parts of `wanted` that are down, resumes the paused ones, and waits until all are ready. */
  const start = async (wanted: readonly DockerPart[]) => {
    const before = await readContainers();
    await refusePortsOf(wanted.filter(({ name }) => !isRunning(before.get(name))));
    openMounts(settings.root);
    await pull(wanted);
    await claimProject(docker, settings);
    if (wanted === parts || ![...before.values()].some(isRunning)) {
      recordShop(settings.home, { mode: 'docker', folder: ownFolder(settings), ...settings.start });
    }
    const paused = wanted.map(({ name }) => name).filter((name) => before.get(name)?.state === 'paused');
    if (paused.length > 0) await compose('unpause', ...paused);
    for (const name of paused) report(wasResumed(name));
    try {
      await bringUp(wanted, project);
    } catch (error) {
      const started = await findStarted(wanted, before);
      if (started.length > 0) {
        report('Stopping what was started …');
        await removeContainers(started);
      }
      throw error;
    }
    const started = (await findStarted(wanted, before)).map(({ name }) => name);
    if (started.includes('otel-collector')) pipeline.prove();
    return started;
  };

  /** The parts of `wanted` that did not run `before`, or whose container was replaced. Works after an interruption. */
  const findStarted = async (
    wanted: readonly DockerPart[],
    before: ReadonlyMap<PartName, Container>,
  ): Promise<readonly DockerPart[]> => {
    const now = await readContainers(createDocker(environment, AbortSignal.timeout(removeLimitMs)));
    return wanted.filter(
      ({ name }) => !isRunning(before.get(name)) || now.get(name)?.id !== before.get(name)?.id,
    );
  };

  /** Takes all containers away, with those of the load tests, and a trial that a killed command has left. */
  const down = ['--profile', 'load', '--profile', 'alerting', 'down', '--remove-orphans'];

  /** Works after an interruption. */
  const removeContainers = async (started: readonly DockerPart[]) => {
    const names = started.map(({ name }) => name);
    const command = started.length === parts.length ? down : ['rm', '--stop', '--force', ...names];
    await composeUntil(AbortSignal.timeout(removeLimitMs))(...command);
  };

  /** Tries the collector's configuration, or the new program of a service, while the old container runs. */
  const tryFirst = async ({ name, isService }: DockerPart) => {
    const cleanUp: Docker = (...args) =>
      createDocker(environment, AbortSignal.timeout(removeLimitMs))(...args);
    const ask = (path: string, why: typeof whyNotOk) => (address: string) =>
      why(`http://${address}${path}`, checkTimeoutMs);
    const trial = isService
      ? {
          ...{ part: name, port: defaultPorts[name], whyNotReady: ask('/readyz', whyServiceNotReady) },
          explain: (log: string) => `${name} cannot start:\n${endOf(log)}${remedyFor(log)}${migrationsStay}`,
        }
      : {
          ...{ part: name, port: defaultPorts['otel-collector-health'], whyNotReady: ask('/', whyNotOk) },
          explain: (log: string) => `The collector refuses its configuration:\n${makeReadable(log)}`,
        };
    await tryPart(`${project.name}-${name}-trial`, trial, { docker, compose, cleanUp, signal });
  };

  const services = parts.filter(({ isService }) => isService).map(({ name }) => name);
  return {
    async up() {
      refuseLostVariables(settings);
      const running = await readContainers();
      await refusePortsOf(parts.filter(({ name }) => !isRunning(running.get(name))));
      await build(services);
      return start(parts);
    },
    async down({ reset }) {
      const containers = await readContainers();
      const volumes = reset ? await listIds(docker, 'volume', project.name) : [];
      if (volumes.length > 0) await refuseNobodysVolumes(docker, settings);
      if (containers.size + volumes.length > 0) await compose(...down, ...(reset ? ['--volumes'] : []));
      if (volumes.length > 0) await releaseProject(docker, settings);
      const stopped = parts.map(({ name }) => name).filter((name) => isRunning(containers.get(name)));
      if (!reset) return { stopped, deleted: [] };
      const deleted = volumes.map((volume) => `the volume ${volume}`);
      if (!hasNativeData(settings.home))
        return { stopped, deleted: [...deleted, ...emptyHome(settings.home)] };
      restoreShopRecord(settings.home, undefined);
      report(`Kept the data of native mode in ${settings.home}; ./stop.sh --reset, once more, deletes it.`);
      return { stopped, deleted };
    },
    async status() {
      const containers = await readContainers();
      const states = await Promise.all(parts.map((part) => statusOf(part, containers.get(part.name))));
      const why = pipeline.whyRefused();
      return states.map((one) =>
        one.part === 'otel-collector' && one.detail === undefined && why ? { ...one, detail: why } : one,
      );
    },
    async logs(names, { lines, follow, onLine }) {
      const selected = parts.map(({ name }) => name).filter((name) => names.includes(name));
      // Compose shows every log when no part is named.
      if (selected.length === 0) names.forEach(find);
      const options = ['--no-color', '--tail', String(lines), ...(follow ? ['--follow'] : [])];
      await followLogs(
        [...composeArguments(settings), 'logs', ...options, ...selected],
        environment,
        onLine,
        signal,
      );
    },
    async start(name) {
      refuseLostVariables(settings);
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
      refuseLostVariables(settings);
      const part = find(name);
      await refuseWithoutDatabase(part);
      const before = (await readContainers()).get(name);
      try {
        if (part.isService) await build([name]);
        if (name === 'otel-collector') openMounts(settings.root);
        if (name === 'otel-collector' ? before !== undefined : part.isService && isRunning(before)) {
          await claimProject(docker, settings);
          await tryFirst(part);
        }
      } catch (error) {
        if (name === 'otel-collector' && !signal.aborted) pipeline.refuse(error);
        throw before?.state === 'running' ? runsAsBefore(name, error) : error;
      }
      await compose('stop', name);
      await start([part]);
    },
  };
}

/** The end of a log, indented. */
function endOf(log: string): string {
  const lines = log.trim().split('\n').slice(-16);
  return lines.map((line) => `  ${line.slice(0, 1000)}`).join('\n');
}
