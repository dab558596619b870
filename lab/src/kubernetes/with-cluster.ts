import { join } from 'node:path';
import { z } from 'zod';
import { withoutEmpty } from '../env-file.ts';
import { LabError } from '../lab-error.ts';
import { type PortName, serviceNames } from '../part-names.ts';
import type { Progress } from '../progress.ts';
import { defaultPorts, type Places, readSettings } from '../settings.ts';
import type { Session } from '../stack.ts';
import { type Cluster, hasNoShop } from './cluster.ts';
import { openForwards } from './forwards.ts';
import { createKubectl, placeArguments } from './kubectl.ts';
import { createKubernetesStack } from './kubernetes-stack.ts';
import { ofShop, workloadName } from './workloads.ts';

/** What commands ask at its own address. */
const asked = [...serviceNames, 'jaeger', 'prometheus', 'loki'] as const;
const answerLimit = '--request-timeout=15s';
/** One that was made by hand, for the administrator's password, has no more until the first start. */
const lostSecret =
  'The Secret vitrine-secrets is gone, or has no FAULT_TOKEN. ./start.sh makes what it lacks; then ./vitrine restart gives it to each service, and to a database whose password was lost only with a new volume.';
const secretSchema = z.object({ data: z.object({ FAULT_TOKEN: z.base64().optional() }).default({}) });

/**
 * The places of a cluster's shop: each namespace has a home of its own, for its reports and what commands tell each other.
 * It has no .env.
 */
export async function clusterPlaces(
  cluster: Cluster,
  { root, home }: Places,
  environment: NodeJS.Dict<string>,
  signal: AbortSignal,
): Promise<Places> {
  const kubectl = createKubectl(cluster, withoutEmpty(environment), signal);
  const context = cluster.context ?? (await kubectl('config', 'current-context'));
  const own = join(home, 'kubernetes', context.replace(/[^\w.-]+/g, '-'), cluster.namespace);
  return { root, home: own, envFile: join(own, '.env') };
}

/**
 * Does the work in a session whose addresses lead into the cluster while it lasts. Throws a LabError when the cluster does
 * not answer, and, if `isExpected`, when the namespace has no shop.
 */
export async function withCluster<Result>(
  cluster: Cluster,
  places: Places,
  environment: NodeJS.Dict<string>,
  { isExpected, ...progress }: Progress & { isExpected: boolean },
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const variables = withoutEmpty(environment);
  const kubectl = createKubectl(cluster, variables, progress.signal);
  const find = ['get', 'secret', 'vitrine-secrets', '--ignore-not-found', '--output=json', answerLimit];
  const secret = await kubectl(...find);
  const found = secret === '' ? undefined : secretSchema.parse(JSON.parse(secret)).data.FAULT_TOKEN;
  if (found === undefined && isExpected) {
    const isThere = (await kubectl('get', 'deployments', ofShop, '--output=name')) !== '';
    throw new LabError(isThere ? lostSecret : hasNoShop(cluster.namespace));
  }
  const token = found === undefined ? {} : { FAULT_TOKEN: Buffer.from(found, 'base64').toString() };
  const targets = asked.map((name: PortName & (typeof asked)[number]) => ({
    ...{ name, workload: `deployment/${workloadName(name)}`, port: defaultPorts[name] },
  }));
  const forwards = await openForwards(targets, placeArguments(cluster), variables);
  try {
    // Ports and settings of a shop of this machine mean nothing here.
    const ours = { ...variables, ...token, BIND_ADDRESS: '127.0.0.1', PORT_OFFSET: '', ALERTING: 'off' };
    const read = readSettings(places, ours);
    const settings = { ...read, ports: { ...read.ports, ...forwards.ports } };
    const stack = createKubernetesStack(cluster, settings, { environment: variables, forwards }, progress);
    return await work({ settings, mode: 'kubernetes', stack, report: progress.report });
  } finally {
    forwards.close();
  }
}
