import { LabError } from '../lab-error.ts';
import type { PartName } from '../part-names.ts';
import { poll } from '../poll.ts';
import type { Progress } from '../progress.ts';
import type { Kubectl } from './kubectl.ts';
import { databaseOf, type Workload, workloadName } from './workloads.ts';

const pollMs = 1000;
const repeatMs = 10_000;
/** After so many new starts of a container it is given up. */
const crashLimit = 3;

type Place = Progress & { kubectl: Kubectl; read: () => Promise<readonly Workload[]> };

/** Whether as many pods are ready as there should be. */
export function isReady({ replicas, pods }: Workload): boolean {
  return replicas > 0 && livePods(pods).filter((pod) => pod.isReady).length >= replicas;
}

/** The pods that are not being deleted. */
export function livePods(pods: Workload['pods']): Workload['pods'] {
  return pods.filter(({ isEnding }) => !isEnding);
}

/** Why not as many pods are ready as there should be. */
export function whyNotReady({ replicas, pods, failure }: Workload): string {
  const live = livePods(pods);
  const why = live.find((pod) => !pod.isReady)?.why ?? failure ?? 'its pod is not made yet';
  const ready = live.filter((pod) => pod.isReady).length;
  return replicas > 1 ? `${ready} of ${replicas} replicas are ready; of another, ${why}` : why;
}

/**
 * Resolves when all of `parts` are ready in their present version, and reports each as it becomes so. Throws a LabError
 * with the end of the log of a part that keeps crashing, for one that waiting does not help, and when `limitMs` have passed.
 */
export async function awaitReady(parts: readonly PartName[], limitMs: number, place: Place): Promise<void> {
  const { read, report, signal } = place;
  const since = Date.now();
  const restartsBefore = new Map<string, number>();
  const ready = new Set<PartName>();
  let isFirst = true;
  let reportedAt = since;
  const isDone = (one: Workload) => one.isRolledOut && isReady(one);
  const check = async () => {
    const found = await read();
    const all = found.filter(({ part }) => parts.includes(part));
    for (const { part, pods } of all) {
      // A service ends when it has waited half a minute for a database, whose image may still be on its way.
      const waits = found.some((one) => one.part === databaseOf(part) && !isReady(one));
      const bad = livePods(pods).find(({ name, restarts, isHopeless }) => {
        const before = waits ? restarts : (restartsBefore.get(name) ?? restarts);
        restartsBefore.set(name, before);
        return isHopeless || restarts - before >= crashLimit;
      });
      if (bad?.isHopeless) throw new LabError(`${part} cannot start: ${bad.why}. ${imageRemedy}`);
      if (bad)
        throw new LabError(`${part} does not stay up: ${bad.why}. ${await quoteLog(part, bad.name, place)}`);
    }
    const seconds = ((Date.now() - since) / 1000).toFixed(1);
    for (const { part } of all.filter((one) => isDone(one) && !ready.has(one.part))) {
      ready.add(part);
      if (!isFirst && parts.length > 1) report(`  ${part} is ready (${seconds} s)`);
    }
    isFirst = false;
    const rest = all.filter((one) => !isDone(one));
    if (rest.length === 0) return [];
    if (Date.now() - reportedAt > repeatMs) {
      reportedAt = Date.now();
      report(`  … waiting for ${rest.map(describe).join('; ')}`);
    }
    return Date.now() - since > limitMs ? rest : undefined;
  };
  const late = await poll(check, { intervalMs: pollMs, limitMs: Number.POSITIVE_INFINITY, signal });
  if (late?.length)
    throw new LabError(`Not ready after ${limitMs / 1000} s: ${late.map(describe).join('; ')}.`);
}

const imageRemedy = 'docs/kubernetes.md says how images get into a cluster.';

/** Why there are pods of an older version beside those that are ready. */
export function whyOldPods({ pods, failure }: Workload): string {
  const blocked = livePods(pods).find((pod) => !pod.isReady && (pod.restarts > 0 || pod.isHopeless));
  return failure ?? blocked?.why ?? 'its new pods replace the old ones';
}

function describe(workload: Workload): string {
  return `${workload.part} (${isReady(workload) ? whyOldPods(workload) : whyNotReady(workload)})`;
}

async function quoteLog(part: PartName, pod: string, { kubectl }: Place): Promise<string> {
  const read = (...which: readonly string[]) =>
    kubectl('logs', pod, `--container=${workloadName(part)}`, '--tail=10', ...which).catch(() => '');
  // A container that was started just now has said nothing yet.
  const log = (await read()) || (await read('--previous'));
  return `The end of its log (./vitrine logs ${part}):\n${log}`;
}
