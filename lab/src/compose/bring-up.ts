import { LabError } from '../lab-error.ts';
import { remedyFor } from '../part-messages.ts';
import type { PartName } from '../part-names.ts';
import { poll } from '../poll.ts';
import type { PartStatus } from '../stack.ts';
import type { Docker } from './compose.ts';
import { describeExit, statusOf } from './container-status.ts';
import { type Container, listContainers } from './containers.ts';
import type { DockerPart } from './docker-parts.ts';

/** A service may run migrations for that long. */
export const readyLimitMs = 180_000;
const pollMs = 500;
const repeatMs = 10_000;
/** The engine restarts a container that crashes; after this many crashes it is given up. */
const crashLimit = 3;

export type Project = {
  name: string;
  docker: Docker;
  /** Runs `docker compose` on this project until `signal` aborts. */
  composeUntil: (signal: AbortSignal) => Docker;
  report: (line: string) => void;
  signal: AbortSignal;
};

/**
 * Creates and starts the containers of `parts`, whose images must be present, and resolves when all are ready. A
 * running container is replaced when its image or its settings changed. Reports each part as it becomes ready. Throws a
 * LabError with the end of the log of the part that failed.
 */
export async function bringUp(parts: readonly DockerPart[], project: Project): Promise<void> {
  const names = parts.map(({ name }) => name);
  const failure = new AbortController();
  const signal = AbortSignal.any([project.signal, failure.signal]);
  let isMade = false;
  const make = async () => {
    // A single part is started without touching its neighbours.
    const alone = parts.length === 1 ? ['--no-deps'] : [];
    const up = ['--progress', 'quiet', 'up', '--detach', '--no-build'];
    await project.composeUntil(signal)(...up, ...alone, ...names);
    isMade = true;
  };
  const both = [make(), waitUntilReady(parts, () => isMade, { ...project, signal })];
  // The first failure interrupts the other task, and is thrown once that has ended.
  await Promise.allSettled(both.map((work) => work.catch((error) => failure.abort(error))));
  signal.throwIfAborted();
}

async function waitUntilReady(
  parts: readonly DockerPart[],
  isMade: () => boolean,
  project: Project,
): Promise<void> {
  const { name, docker, report, signal } = project;
  const since = Date.now();
  const findCrashed = watchCrashes(since);
  /** Ids of the containers that are ready. */
  const ready = new Set<string | undefined>();
  let isFirst = true;
  let reportedAt = since;
  const check = async () => {
    // Compose may still replace a ready container until it has made all of them.
    const isFinal = isMade();
    const containers = new Map((await listContainers(docker, name)).map((one) => [one.part, one]));
    const crashed = findCrashed(parts.flatMap((part) => containers.get(part.name) ?? []));
    if (crashed) {
      const quote = await quoteLog(crashed.part, project);
      throw new LabError(`${crashed.part} ${describeExit(crashed)} instead of getting ready. ${quote}`);
    }
    const idOf = (part: PartName) => containers.get(part)?.id;
    const waiting = parts.filter(({ name }) => !ready.has(idOf(name)));
    const states = await Promise.all(waiting.map((part) => statusOf(part, containers.get(part.name))));
    const seconds = ((Date.now() - since) / 1000).toFixed(1);
    for (const { part } of states.filter(({ state }) => state === 'ready')) {
      ready.add(idOf(part));
      if (!isFirst && parts.length > 1) report(`  ${part} is ready (${seconds} s)`);
    }
    isFirst = false;
    const rest = states.filter(({ state }) => state !== 'ready');
    if (rest.length === 0 && isFinal) return [];
    if (rest.length > 0 && Date.now() - reportedAt > repeatMs) {
      reportedAt = Date.now();
      report(`  … waiting for ${rest.map(describe).join('; ')}`);
    }
    return Date.now() - since > readyLimitMs ? rest : undefined;
  };
  const late = await poll(check, { intervalMs: pollMs, limitMs: Number.POSITIVE_INFINITY, signal });
  if (!late?.length) return;
  const quotes = await Promise.all(late.map(({ part }) => quoteLog(part, project)));
  throw new LabError(
    `Not ready after ${readyLimitMs / 1000} s: ${late.map(describe).join('; ')}.\n${quotes.join('\n')}`,
  );
}

function describe({ part, detail }: PartStatus): string {
  return `${part} (${detail ?? 'not started yet'})`;
}

/** Returns a function that finds a container which ended for good after `since`, or which keeps crashing. */
function watchCrashes(since: number): (containers: readonly Container[]) => Container | undefined {
  const restartsBefore = new Map<PartName, number>();
  return (containers) =>
    containers.find(({ part, state, startedAt, restartCount }) => {
      const before = Math.min(restartsBefore.get(part) ?? restartCount, restartCount);
      restartsBefore.set(part, before);
      const hasEnded = (state === 'exited' || state === 'dead') && startedAt.getTime() > since;
      return hasEnded || restartCount - before >= crashLimit;
    });
}

async function quoteLog(part: PartName, { composeUntil, signal }: Project): Promise<string> {
  const log = await composeUntil(signal)('logs', '--no-log-prefix', '--no-color', '--tail', '10', part);
  return `The end of its log (./vitrine logs ${part}):\n${log}${remedyFor(log)}`;
}
