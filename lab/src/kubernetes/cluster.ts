import { z } from 'zod';

/** The namespace of a cluster that a command is for. */
const clusterSchema = z.object({
  /** A context of the kubeconfig; undefined for its current one. */
  context: z.string().optional(),
  namespace: z.string(),
  /** The folder in `k8s/overlays` that `up` applies and `down --reset` deletes; undefined for that of the last `up`. */
  overlay: z.string().optional(),
});
export type Cluster = z.output<typeof clusterSchema>;

export const defaultCluster: Cluster = { namespace: 'vitrine' };
/** What the first `up` applies, unless another overlay is named. */
export const firstOverlay = 'laptop';

let chosen: Cluster | undefined;

/** Lets this process work on a cluster. */
export function chooseCluster(cluster: Cluster | undefined): void {
  chosen = cluster;
}

/** The chosen cluster as an argument of a process, and back. */
export function clusterArgument(): string {
  return JSON.stringify(chosen ?? null);
}
export function chooseFromArgument(argument: string | undefined): void {
  chosen = clusterSchema.nullable().parse(JSON.parse(argument ?? 'null')) ?? undefined;
}

/** The cluster that this process works on; undefined for the shop of this machine. */
export function chosenCluster(): Cluster | undefined {
  return chosen;
}

/** The sentence for a namespace that has no shop. */
export function hasNoShop(namespace: string): string {
  const overlay = namespace === defaultCluster.namespace ? '' : ' --overlay …';
  return `The namespace ${namespace} has no shop: ./start.sh${overlay} makes one, and --namespace names another namespace.`;
}

/** The beginning of a `kubectl` command for the chosen cluster, as it is typed. */
export function kubectlAsTyped({ context, namespace }: Cluster): string {
  return ['kubectl', ...(context === undefined ? [] : ['--context', context]), '--namespace', namespace].join(
    ' ',
  );
}

/** The text with its commands as they are typed for the chosen cluster. */
export function asTyped(text: string): string {
  if (chosen === undefined) return text;
  const { context, namespace } = chosen;
  const vitrine = [
    './vitrine --kubernetes',
    ...(context === undefined ? [] : [`--context ${context}`]),
    ...(namespace === defaultCluster.namespace ? [] : [`--namespace ${namespace}`]),
  ].join(' ');
  return text
    .replace(/\.\/vitrine (?!--kubernetes)/g, `${vitrine} `)
    .replaceAll('./start.sh', `${vitrine} up`)
    .replaceAll('./stop.sh', `${vitrine} down`);
}
