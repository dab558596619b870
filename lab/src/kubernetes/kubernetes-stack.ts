import type { Variables } from '../env-file.ts';
import { emptyHome, removeEmptyHome } from '../home.ts';
import { LabError, UsageError } from '../lab-error.ts';
import {
  databaseNotRunning,
  migrationsStay,
  notInNamespace,
  notRunning,
  runsAsBefore,
} from '../part-messages.ts';
import { type PartName, serviceNames } from '../part-names.ts';
import { poll } from '../poll.ts';
import type { Progress } from '../progress.ts';
import { whyServiceNotReady } from '../readiness.ts';
import { serviceUrl } from '../service-url.ts';
import { defaultPorts, type Settings } from '../settings.ts';
import type { PartStatus, Stack } from '../stack.ts';
import { awaitReady, isReady, livePods, whyNotReady, whyOldPods } from './await-ready.ts';
import { type Cluster, firstOverlay, hasNoShop } from './cluster.ts';
import { followLogs } from './follow-logs.ts';
import type { Forwards } from './forwards.ts';
import { createKubectl, placeArguments } from './kubectl.ts';
import { configMapsOf, overlayFolder } from './overlays.ts';
import { annotations, clusterParts, databaseOf, ofShop, readWorkloads, type Workload } from './workloads.ts';

/** Images may have to be pulled first. */
const allReadyLimitMs = 600_000;
/** A service may run migrations for that long; so long is its start-up probe patient. */
const readyLimitMs = 900_000;
const pollMs = 500;
const endLimitMs = 90_000;
const checkTimeoutMs = 2000;

/** The stack as the workloads of a namespace. */
export function createKubernetesStack(
  cluster: Cluster,
  settings: Settings,
  { environment, forwards }: { environment: Variables; forwards: Pick<Forwards, 'open' | 'toPod' | 'renew'> },
  { report, signal }: Progress,
): Stack {
  const { namespace } = cluster;
  const kubectl = createKubectl(cluster, environment, signal);
  const place = placeArguments(cluster);
  const ending = new Set<string>();
  const read = async () => {
    const all = await readWorkloads(kubectl, namespace);
    for (const { reference, pods } of all) {
      const fresh = pods.filter(({ name, isEnding }) => isEnding && !ending.has(name));
      // For some seconds yet, a pod that ends answers whoever is connected to it.
      if (fresh.length > 0) forwards.renew(reference);
      for (const { name } of fresh) ending.add(name);
    }
    return all;
  };
  const awaitAll = (parts: readonly PartName[], limitMs: number) =>
    awaitReady(parts, limitMs, { kubectl, read, report, signal });

  const find = async (part: PartName): Promise<Workload> => {
    const found = (await read()).find((one) => one.part === part);
    if (found) return found;
    throw new LabError(`${part} is ${notInNamespace}, ${namespace}.`);
  };
  const overlayOf = (all: readonly Workload[]): string => {
    const known = cluster.overlay ?? all.find(({ overlay }) => overlay !== undefined)?.overlay;
    if (known !== undefined) return known;
    if (all.length === 0) return firstOverlay;
    throw new UsageError(
      `The shop in ${namespace} was not made by ./vitrine up: name its overlay, such as --overlay ${firstOverlay}.`,
    );
  };
  const requireRunning = async (part: PartName) => {
    const found = await find(part);
    if (found.replicas > 0) return found;
    throw notRunning(part);
  };
  const refuseWithoutDatabase = async (part: PartName) => {
    const database = databaseOf(part);
    if (database === undefined || (await find(database)).replicas > 0) return;
    throw databaseNotRunning(part, database, 'not running');
  };
  /** kubectl works through an overlay object by object: what is refused in the middle would leave it half done. */
  const requireRight = async (command: string, verb: string, resource: string) => {
    const isAllowed = await kubectl('auth', 'can-i', verb, resource).then(
      () => true,
      (error) => {
        if (error instanceof LabError && /failed:\nno\b/.test(error.message)) return false;
        throw error;
      },
    );
    if (isAllowed) return;
    throw new LabError(
      `./vitrine ${command} needs the right to ${verb} ${resource}, which this user does not have in ${namespace}. docs/kubernetes.md says what a user needs.`,
    );
  };
  const patch = async ({ reference }: Workload, replicas: number, kept: Record<string, string | null>) => {
    const change = JSON.stringify({ metadata: { annotations: kept }, spec: { replicas } });
    await kubectl('patch', reference, '--type=merge', `--patch=${change}`);
  };
  /** An autoscaler leaves what has 0 replicas alone. */
  const scaleDown = (one: Workload, stoppedBy: 'stop' | 'kill') =>
    patch(one, 0, {
      [annotations.replicas]: String(one.replicas),
      [annotations.stoppedBy]: stoppedBy,
    });
  const scaleUp = (one: Workload) =>
    patch(one, one.before.replicas, { [annotations.replicas]: null, [annotations.stoppedBy]: null });
  const awaitGone = async (parts: readonly PartName[]) => {
    const areGone = async () =>
      (await read()).every(({ part, pods }) => !parts.includes(part) || pods.length === 0) || undefined;
    if (await poll(areGone, { intervalMs: pollMs, limitMs: endLimitMs, signal })) return;
    throw new LabError(`Pods of ${parts.join(', ')} have not ended within ${endLimitMs / 1000} s.`);
  };
  /** Sends a signal to the processes of the pods; in vain where an image has no shell, or its program is process 1. */
  const signalPods = (one: Workload, name: 'STOP' | 'CONT' | 'KILL') =>
    Promise.allSettled(
      one.pods.map((pod) => kubectl('exec', pod.name, '--', 'bash', '-c', `kill -${name} -1`)),
    );

  const statusOf = async (one: Workload): Promise<PartStatus> => {
    const { part, address, replicas, before, pods } = one;
    if (replicas === 0)
      return before.stoppedBy === 'kill'
        ? { part, address, state: 'ended', detail: 'was killed' }
        : { part, address, state: 'stopped' };
    const starts = livePods(pods).flatMap(({ startedAt }) => startedAt ?? []);
    const [startedAt] = starts.toSorted((some, others) => some.getTime() - others.getTime());
    const running = { part, address, ...(startedAt && { startedAt }) };
    if (isReady(one))
      return { ...running, state: 'ready', ...(!one.isRolledOut && { detail: whyOldPods(one) }) };
    const service = serviceNames.find((name) => name === part);
    const asked =
      service && replicas === 1 && startedAt
        ? await whyServiceNotReady(`${serviceUrl(settings, service)}/readyz`, checkTimeoutMs)
        : undefined;
    return { ...running, state: 'not ready', detail: asked ?? whyNotReady(one) };
  };

  return {
    async up() {
      const before = await read();
      const overlay = overlayOf(before);
      const { folder } = await overlayFolder(overlay, namespace, settings.root, kubectl);
      await requireRight('up', 'patch', 'roles');
      const phase = [
        'get',
        'namespace',
        namespace,
        '--ignore-not-found',
        '--output=jsonpath={.status.phase}',
      ];
      if ((await kubectl(...phase)) === 'Terminating')
        throw new LabError(`The namespace ${namespace} is being deleted: try again when it is gone.`);
      report(`Applying k8s/overlays/${overlay} …`);
      // One that waits for an image cannot be changed, and what it would do is done anew.
      await kubectl('delete', 'job', 'make-secrets', '--ignore-not-found');
      await kubectl('apply', '-k', folder);
      const kept = `${annotations.overlay}=${overlay}`;
      await kubectl('annotate', 'deployments,statefulsets', ofShop, kept, '--overwrite');
      const all = await read();
      for (const one of all.filter(({ replicas }) => replicas === 0)) await scaleUp(one);
      const parts = all.map(({ part }) => part);
      await awaitAll(parts, allReadyLimitMs);
      for (const { reference } of all) forwards.renew(reference);
      const readyBefore = before.flatMap(({ pods }) => pods.filter((pod) => pod.isReady));
      const podsBefore = new Set(readyBefore.map(({ name }) => name));
      const now = await read();
      return now.filter(({ pods }) => !pods.some(({ name }) => podsBefore.has(name))).map(({ part }) => part);
    },
    async down({ reset }) {
      const all = await read();
      const running = all.filter(({ replicas }) => replicas > 0);
      const stopped = running.map(({ part }) => part);
      if (reset) {
        const overlay = overlayOf(all);
        const { folder, namespaces } = await overlayFolder(overlay, namespace, settings.root, kubectl);
        const others = namespaces.filter((name) => name !== namespace);
        if (others.length > 0)
          throw new UsageError(
            `This would also delete ${others.join(', ')}: kubectl delete -k k8s/overlays/${overlay} deletes all, kubectl delete namespace ${namespace} this one.`,
          );
        await requireRight('down --reset', 'delete', `namespaces/${namespace}`);
        if ((await kubectl('get', 'namespace', namespace, '--ignore-not-found', '--output=name')) === '')
          return { stopped, deleted: [] };
        report(`Deleting what k8s/overlays/${overlay} has made …`);
        await kubectl('delete', '-k', folder, '--ignore-not-found');
        emptyHome(settings.home);
        removeEmptyHome(settings.home);
        return { stopped, deleted: [`the namespace ${namespace}, with its volumes`] };
      }
      // Services finish their requests and write a last time to their databases.
      const isService = ({ part }: Workload) => databaseOf(part) !== undefined;
      for (const some of [running.filter(isService), running.filter((one) => !isService(one))]) {
        for (const one of some) await scaleDown(one, 'stop');
        await awaitGone(some.map(({ part }) => part));
      }
      return { stopped, deleted: [] };
    },
    async status() {
      const all = await read();
      if (all.length === 0) throw new LabError(hasNoShop(namespace));
      // It is asked next, and has little time to answer.
      if (all.some((one) => one.part === 'prometheus' && isReady(one))) await forwards.open('prometheus');
      const states = await Promise.all(all.map(statusOf));
      return clusterParts.map(
        (part): PartStatus =>
          states.find((one) => one.part === part) ?? {
            ...{ part, state: 'unavailable', detail: notInNamespace, address: '' },
          },
      );
    },
    async logs(names, options) {
      const [only] = names;
      if (names.length === 1 && only) await find(only);
      const there = names.filter((name) => clusterParts.some((part) => part === name));
      await followLogs(there, options, place, environment, signal);
    },
    async start(part) {
      const found = await find(part);
      await refuseWithoutDatabase(part);
      if (found.replicas === 0) await scaleUp(found);
      await awaitAll([part], readyLimitMs);
      forwards.renew(found.reference);
    },
    async stop(part) {
      await scaleDown(await requireRunning(part), 'stop');
      await awaitGone([part]);
    },
    async kill(part) {
      const found = await requireRunning(part);
      // A deletion by force is a SIGTERM first. A process that is stopped does not hear it, and so cannot end in order.
      await signalPods(found, 'STOP');
      try {
        await scaleDown(found, 'kill');
      } catch (error) {
        await signalPods(found, 'CONT');
        throw error;
      }
      await signalPods(found, 'KILL');
      const pods = found.pods.map(({ name }) => `pod/${name}`);
      if (pods.length > 0)
        await kubectl('delete', ...pods, '--force', '--grace-period=0', '--ignore-not-found');
      await awaitGone([part]);
    },
    async pause(part) {
      throw new LabError(
        `${part} cannot be paused on Kubernetes, which restarts a container that answers its liveness probe no more. ./vitrine kill ${part} takes it away.`,
      );
    },
    async resume(part) {
      await requireRunning(part);
      throw new LabError(`${part} was not paused, which Kubernetes does not allow.`);
    },
    async restart(part) {
      const found = await find(part);
      await refuseWithoutDatabase(part);
      if (found.replicas === 0) await scaleUp(found);
      else await kubectl('rollout', 'restart', found.reference);
      try {
        await awaitAll([part], readyLimitMs);
      } catch (error) {
        // Without pods, or with some of another template already, there is nothing good to go back to.
        const isWhole = found.kind === 'Deployment' && found.isRolledOut && found.replicas > 0;
        if (signal.aborted || !isWhole) throw error;
        await kubectl('rollout', 'undo', found.reference);
        const why =
          error instanceof LabError && databaseOf(part)
            ? new LabError(error.message + migrationsStay)
            : error;
        throw runsAsBefore(part, why);
      }
      forwards.renew(found.reference);
    },
    async replicaUrls(service) {
      const { pods } = await find(service);
      const ports = await Promise.all(
        livePods(pods).map(({ name }) => forwards.toPod(name, defaultPorts[service])),
      );
      return ports.filter((port) => port !== undefined).map((port) => `http://127.0.0.1:${port}`);
    },
    async outdated() {
      const all = await read();
      const pods = all.flatMap((one) => livePods(one.pods));
      const present = new Set(pods.flatMap(({ configMaps }) => configMaps));
      const made = await configMapsOf(all, settings.root, kubectl);
      return made
        .filter((name) => !present.has(name))
        .map((name) => `No pod has the present files of the ConfigMap ${name}: ./vitrine up applies them.`);
    },
  };
}
