import { z } from 'zod';
import { type PartName, partNames, type ServiceName, serviceNames } from '../part-names.ts';
import { defaultPorts } from '../settings.ts';
import type { Kubectl } from './kubectl.ts';

/** A Deployment or StatefulSet is one part. Alertmanager and the console are none of a cluster. */
export const clusterParts = partNames.filter((part) => part !== 'alertmanager' && part !== 'console');

/** The name of the part's workload, its Service, its container and its label `app.kubernetes.io/name`. */
export function workloadName(part: PartName): string {
  return part.replaceAll('_', '-');
}

const databases: Record<ServiceName, PartName> = {
  frontend: 'user_dbase',
  'user-service': 'user_dbase',
  'product-service': 'product_dbase',
  'order-service': 'order_dbase',
};

/** The database that a service needs to become ready; undefined for other parts. */
export function databaseOf(part: PartName): PartName | undefined {
  const service = serviceNames.find((name) => name === part);
  return service && databases[service];
}

/** What `vitrine` keeps at a workload: the overlay that it has applied, and the other two at one that it has scaled to 0. */
export const annotations = {
  overlay: 'vitrine/overlay',
  replicas: 'vitrine/replicas',
  stoppedBy: 'vitrine/stopped-by',
};

export type Pod = {
  name: string;
  isReady: boolean;
  /** It is being deleted. */
  isEnding: boolean;
  /** When its container was started last; undefined when that does not run. */
  startedAt?: Date | undefined;
  restarts: number;
  /** Why its container does not run, or is not ready. */
  why: string;
  /** Waiting does not help. */
  isHopeless: boolean;
  hostAddress?: string | undefined;
  /** The names of the ConfigMaps whose files it has. */
  configMaps: readonly string[];
};

export type Workload = {
  part: PartName;
  /** `deployment/frontend`. */
  reference: string;
  kind: 'Deployment' | 'StatefulSet';
  replicas: number;
  /** Whether its present pods are of its present template. */
  isRolledOut: boolean;
  /** Why the cluster makes no pod for it, as when a quota is used up. */
  failure?: string | undefined;
  /** How many it had before it was scaled to 0, and by which command it was. */
  before: { replicas: number; stoppedBy: string | undefined };
  /** What the last `up` applied; undefined where only `kubectl` has. */
  overlay: string | undefined;
  pods: readonly Pod[];
  address: string;
};

const terminated = z.object({ exitCode: z.number(), reason: z.string().optional() });
const state = z.object({
  running: z.object({ startedAt: z.coerce.date() }).optional(),
  waiting: z.object({ reason: z.string().default(''), message: z.string().default('') }).optional(),
  terminated: terminated.optional(),
});
const container = z.object({
  name: z.string(),
  ready: z.boolean(),
  started: z.boolean().nullish(),
  restartCount: z.number(),
  image: z.string(),
  state: state.default({}),
  lastState: state.default({}),
});
const source = z.object({ configMap: z.object({ name: z.string() }).optional() });
const volume = source.extend({ projected: z.object({ sources: z.array(source).default([]) }).optional() });
const condition = z.object({ type: z.string(), status: z.string(), message: z.string().default('') });
const metadata = z.object({
  name: z.string(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  generation: z.number().default(0),
  deletionTimestamp: z.string().optional(),
});
const itemSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.enum(['Deployment', 'StatefulSet']),
    metadata,
    spec: z.object({ replicas: z.number().default(1) }),
    status: z
      .object({
        observedGeneration: z.number().default(0),
        replicas: z.number().default(0),
        updatedReplicas: z.number().default(0),
        conditions: z.array(condition).default([]),
      })
      .prefault({}),
  }),
  z.object({
    kind: z.literal('Pod'),
    metadata,
    spec: z.object({ volumes: z.array(volume).default([]) }).prefault({}),
    status: z.object({
      phase: z.string(),
      hostIP: z.string().optional(),
      conditions: z.array(condition).default([]),
      initContainerStatuses: z.array(container).default([]),
      containerStatuses: z.array(container).default([]),
    }),
  }),
  z.object({
    kind: z.literal('Service'),
    metadata,
    spec: z.object({
      ports: z.array(z.object({ port: z.number(), nodePort: z.number().optional() })).default([]),
    }),
  }),
]);
type Item = z.output<typeof itemSchema>;
type PodItem = Extract<Item, { kind: 'Pod' }>;

/** Selects what the overlays make. */
export const ofShop = '--selector=app.kubernetes.io/part-of=vitrine';

/** The parts that the namespace has, with their pods. */
export async function readWorkloads(kubectl: Kubectl, namespace: string): Promise<readonly Workload[]> {
  const kinds = 'deployments,statefulsets,pods,services';
  const answer = await kubectl('get', kinds, ofShop, '--output=json');
  const items = z.object({ items: z.array(itemSchema) }).parse(JSON.parse(answer)).items;
  return clusterParts.flatMap((part): Workload[] => {
    const name = workloadName(part);
    const found = items.find(({ kind, metadata }) => /Deployment|Set/.test(kind) && metadata.name === name);
    if (found === undefined || found.kind === 'Pod' || found.kind === 'Service') return [];
    const pods = items
      .filter((item) => item.kind === 'Pod')
      // A pod that has ended by itself, as after an eviction, is no longer one of the workload's.
      .filter(({ status }) => !['Failed', 'Succeeded'].includes(status.phase))
      .filter(({ metadata }) => metadata.labels['app.kubernetes.io/name'] === name)
      .map((pod) => readPod(pod, name));
    const { overlay, replicas, stoppedBy } = annotations;
    const { metadata, spec, status } = found;
    const kept = metadata.annotations;
    return [
      {
        ...{ part, pods, kind: found.kind, reference: `${found.kind.toLowerCase()}/${name}` },
        replicas: spec.replicas,
        isRolledOut:
          status.observedGeneration >= metadata.generation &&
          status.updatedReplicas === spec.replicas &&
          status.replicas === spec.replicas,
        failure: status.conditions.find(({ type }) => type === 'ReplicaFailure')?.message,
        before: { replicas: Number(kept[replicas] ?? 1), stoppedBy: kept[stoppedBy] },
        overlay: kept[overlay],
        address: addressOf(part, pods, items, namespace),
      },
    ];
  });
}

/** The address of a node where the part's Service has a port of nodes, or else the one inside the cluster. */
function addressOf(part: PartName, pods: readonly Pod[], items: readonly Item[], namespace: string): string {
  const name = workloadName(part);
  const scheme = part.endsWith('_dbase') || part === 'otel-collector' ? '' : 'http://';
  const port = part.endsWith('_dbase') ? 3306 : defaultPorts[part];
  const service = items.find(({ kind, metadata }) => kind === 'Service' && metadata.name === name);
  const ports = service?.kind === 'Service' ? service.spec.ports : [];
  const nodePort = ports.find((one) => one.port === port)?.nodePort;
  const host = pods.find(({ hostAddress }) => hostAddress !== undefined)?.hostAddress;
  if (nodePort !== undefined && host !== undefined) return `${scheme}${host}:${nodePort}`;
  return `${scheme}${name}.${namespace}:${port}`;
}

function readPod({ metadata, spec, status }: PodItem, name: string): Pod {
  const own = status.containerStatuses.find((one) => one.name === name);
  const preparing = status.initContainerStatuses.find(({ ready }) => !ready);
  const unscheduled = status.conditions.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  );
  const blocked = preparing ?? own;
  // A pull that has failed is tried again.
  const hopeless = ['ErrImageNeverPull', 'InvalidImageName'];
  return {
    name: metadata.name,
    isReady: status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
    isEnding: metadata.deletionTimestamp !== undefined,
    startedAt: own?.state.running?.startedAt,
    restarts: (preparing ?? own)?.restartCount ?? 0,
    why: unscheduled
      ? `no node takes it: ${unscheduled.message}`
      : blocked
        ? whyBlocked(blocked, blocked === preparing)
        : 'its container is not made yet',
    isHopeless: hopeless.includes(blocked?.state.waiting?.reason ?? ''),
    hostAddress: status.hostIP,
    configMaps: spec.volumes
      .flatMap((one) => [one, ...(one.projected?.sources ?? [])])
      .flatMap(({ configMap }) => configMap?.name ?? []),
  };
}

function whyBlocked(
  { name, image, state, lastState, started }: z.output<typeof container>,
  isPreparing: boolean,
): string {
  const { waiting } = state;
  if (waiting && /Image/.test(waiting.reason)) return `its image ${image} cannot be had (${waiting.reason})`;
  const end = state.terminated ?? lastState.terminated;
  if (end && !started) return `${describeEnd(end)}, and starts again`;
  if (waiting?.reason === 'ContainerCreating') return 'its container is being made';
  if (waiting) return [waiting.reason, waiting.message].filter((text) => text !== '').join(': ');
  if (isPreparing) return `its container ${name} prepares it`;
  return started ? 'its readiness probe fails' : 'it is starting';
}

function describeEnd({ exitCode, reason }: z.output<typeof terminated>): string {
  if (reason === 'OOMKilled') return 'it ran out of memory';
  return exitCode === 137 ? 'it was killed by SIGKILL' : `it ended with exit status ${exitCode}`;
}
