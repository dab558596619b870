import { execFile } from 'node:child_process';
import http from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { test as base } from 'vitest';
import { z } from 'zod';
import { serviceNames } from '../../src/part-names.ts';
import { poll } from '../../src/poll.ts';
import { findPlaces, readSettings } from '../../src/settings.ts';
import { prepareDockerSite } from '../compose/docker.ts';
import { root, runVitrine, type Site } from '../stack/start-stack.ts';
import { type Cluster, clusterIn, namespace } from './cluster.ts';

export const overlay = 'k8s/overlays/test';

/** The Services that tests ask, and their ports. */
const asked = [
  ...([
    ['frontend', 5000],
    ['user-service', 5001],
    ['product-service', 5002],
    ['order-service', 5003],
  ] as const),
  ...([
    ['jaeger', 16_686],
    ['prometheus', 9090],
    ['loki', 3100],
  ] as const),
] as const;

/** A shop on a cluster; its ports and addresses lead to the Services. */
export type ClusterShop = Cluster & Pick<Site, 'ports' | 'urls'>;

type OpenCluster = { cluster: Cluster; site: Site };

/** The cluster of all files, once one has asked for it. */
let open: Promise<OpenCluster> | undefined;

/** A test with a `shop` on a cluster, which files use one after another, and that each finds as the overlay makes it. */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
  .extend('clusterOfAll', { scope: 'worker' }, ({}, { onCleanup }) => {
    open ??= openCluster(onCleanup);
    return open;
  })
  .extend('shop', { scope: 'file' }, ({ clusterOfAll }) => openShop(clusterOfAll));

/** Applies the overlay, with as many replicas of each service. */
export async function openShop({ cluster, site }: OpenCluster, replicas = 1): Promise<ClusterShop> {
  await cluster.kube('kubectl', 'apply', '--kustomize', overlay);
  await scaleServices(cluster, replicas);
  await allReady(cluster);
  await forwardPorts(cluster, site);
  return { ...cluster, ports: site.ports, urls: site.urls };
}

export async function scaleServices({ kubectl }: Cluster, replicas: number): Promise<void> {
  await kubectl('scale', `--replicas=${replicas}`, ...serviceNames.map((name) => `deployment/${name}`));
}

/** Starts a node, and brings it the images of the shop. */
async function openCluster(onCleanup: (work: () => Promise<void>) => void): Promise<OpenCluster> {
  const site = await prepareDockerSite();
  const cluster = clusterIn('node', { environment: site.environment });
  onCleanup(async () => {
    await cluster.kube('down');
    await site.stop();
  });
  // Node keeps connections, and a Service chooses a pod for each of them: so that requests meet all pods.
  http.globalAgent = new http.Agent({ keepAlive: false });
  const [own] = await Promise.all([startNode(cluster), buildImages()]);
  await cluster.kube('load', ...own);
  return { cluster, site };
}

/** Starts a node with the images that are there already. @returns those that are not */
async function startNode({ kube }: Cluster): Promise<readonly string[]> {
  await kube('up', '--metrics');
  const manifests = await kube('kubectl', 'kustomize', overlay);
  const named = [...manifests.matchAll(/^ *(?:- )?image: (\S+)$/gm)].map(([, image = '']) => image);
  const isOwn = (image: string) => image.startsWith('vitrine/');
  await kube('load', ...new Set(named.filter((image) => !isOwn(image))));
  return named.filter(isOwn);
}

/** Builds the images that no registry has: of the services, and of Prometheus where there is only our own build. */
async function buildImages(): Promise<void> {
  // biome-ignore lint/style/noProcessEnv: the shell of the test run
  const shell = process.env;
  const build = (...args: readonly string[]) =>
    promisify(execFile)('docker', ['build', ...args], { cwd: root, env: { ...shell, DOCKER_BUILDKIT: '1' } });
  for (const service of serviceNames)
    await build('--build-arg', `SERVICE=${service}`, '--tag', `vitrine/${service}`, '.');
  const { status, stdout, stderr } = await runVitrine({ ...shell }, 'backends', 'prometheus-kubernetes');
  if (status !== 0) throw new Error(stdout + stderr);
  const programs = join(readSettings(findPlaces(shell), shell).cache, 'bin');
  const image = [
    '--file',
    join(root, overlay, 'Dockerfile'),
    '--tag',
    'vitrine/prometheus-kubernetes:v3.16.0',
  ];
  await build(...image, programs);
}

/** Makes the Services that tests ask reachable from here. */
async function forwardPorts({ kube, get }: Cluster, { ports }: Site): Promise<void> {
  const services = await get(serviceSchema, 'services');
  const pairs = asked.map(([name, port]) => {
    const found = services.find(({ metadata }) => metadata.name === name);
    const nodePort = found?.spec.ports.find((one) => one.port === port)?.nodePort;
    if (nodePort === undefined) throw new Error(`The Service ${name} has no node port for ${port}.`);
    return `${ports[name]}:${nodePort}`;
  });
  await kube('forward', ...pairs);
}

const workloadSchema = z.object({
  metadata: z.object({ name: z.string(), generation: z.number() }),
  spec: z.object({ replicas: z.number() }),
  status: z.object({ observedGeneration: z.number().default(0), updatedReplicas: z.number().default(0) }),
});
const containerSchema = z.object({
  restartCount: z.number(),
  state: z.object({ waiting: z.object({ reason: z.string(), message: z.string().optional() }).optional() }),
});
const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    labels: z.object({ 'app.kubernetes.io/name': z.string() }),
    deletionTimestamp: z.string().optional(),
  }),
  status: z.object({
    phase: z.string(),
    conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
    containerStatuses: z.array(containerSchema).default([]),
  }),
});
type Pod = z.output<typeof podSchema>;

/** Waits until every part has as many pods as it wants, all ready and of its present version, and no other. */
export async function allReady(cluster: Cluster): Promise<void> {
  const look = async () => {
    const workloads = await cluster.get(workloadSchema, 'deployments,statefulsets');
    const pods = await cluster.get(podSchema, 'pods');
    const unready = workloads.filter(({ metadata, spec, status }) => {
      const own = pods.filter((pod) => pod.metadata.labels['app.kubernetes.io/name'] === metadata.name);
      const isWhole = own.length === spec.replicas && own.every(isReady);
      const isUpdated =
        status.observedGeneration >= metadata.generation && status.updatedReplicas === spec.replicas;
      return !isWhole || !isUpdated;
    });
    return unready.map(({ metadata }) => metadata.name);
  };
  const isWhole = async () => (await look()).length === 0 || undefined;
  if (await poll(isWhole, { intervalMs: 500, limitMs: 240_000 })) return;
  throw new Error(`Not ready: ${(await look()).join(', ')}.\n${await explain(cluster)}`);
}

function isReady({ metadata, status }: Pod): boolean {
  const found = status.conditions.find(({ type }) => type === 'Ready');
  return found?.status === 'True' && metadata.deletionTimestamp === undefined;
}

const eventSchema = z.object({
  involvedObject: z.object({ kind: z.string(), name: z.string() }),
  reason: z.string(),
  message: z.string(),
});

/** The pods that are not ready, with what they wait for, their last words, and what the cluster has warned of. */
async function explain({ get, kubectl }: Cluster): Promise<string> {
  const pods = (await get(podSchema, 'pods')).filter(
    (pod) => !isReady(pod) && pod.status.phase !== 'Succeeded',
  );
  const descriptions = pods.map(async ({ metadata: { name }, status: { phase, containerStatuses } }) => {
    const [{ state: { waiting } = {}, restartCount = 0 } = {}] = containerStatuses;
    const why = waiting ? `${waiting.reason}: ${waiting.message ?? ''}` : phase;
    const which = restartCount > 0 ? ['--previous'] : [];
    const log = await kubectl('logs', '--tail=5', ...which, name).catch(() => '');
    return `${name}: ${why}\n${log}`;
  });
  const names = pods.map(({ metadata }) => metadata.name);
  const events = await get(eventSchema, 'events', '--field-selector', 'type=Warning');
  const warnings = events
    .filter(({ involvedObject: { kind, name } }) => kind !== 'Pod' || names.includes(name))
    .map(({ involvedObject: { kind, name }, reason, message }) => `${kind} ${name}: ${reason}: ${message}`);
  return [...(await Promise.all(descriptions)), ...new Set(warnings)].join('\n');
}

const serviceSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ ports: z.array(z.object({ port: z.number(), nodePort: z.number().optional() })) }),
});

/** Connects from a pod that has Node to each port of each Service. @returns those that answer within two seconds */
export async function reachable(cluster: Cluster, pod: string, podNamespace = namespace): Promise<string[]> {
  const program = `
    const { connect } = require('node:net');
    const tries = process.argv.slice(1).map((address) => {
      const [host, port] = address.split(':');
      const socket = connect({ host: host + '.${namespace}', port: Number(port), timeout: 2000 });
      return new Promise((resolve) => {
        socket.on('connect', () => resolve(address)).on('timeout', resolve).on('error', () => resolve());
      }).finally(() => socket.destroy());
    });
    Promise.all(tries).then((answers) => console.log(JSON.stringify(answers.filter((answer) => answer))));`;
  const services = await cluster.get(serviceSchema, 'services');
  const addresses = services.flatMap(({ metadata, spec }) =>
    spec.ports.map(({ port }) => `${metadata.name}:${port}`),
  );
  const where = ['--namespace', podNamespace, 'exec', pod, '--'];
  const output = await cluster.kube('kubectl', ...where, 'node', '--eval', program, ...addresses);
  return z.array(z.string()).parse(JSON.parse(output)).sort();
}
