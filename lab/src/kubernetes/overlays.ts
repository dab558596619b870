import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../lab-error.ts';
import type { Kubectl } from './kubectl.ts';
import type { Workload } from './workloads.ts';

const objectSchema = z.object({ kind: z.string(), metadata: z.object({ name: z.string() }) });

/**
 * Resolves to the folder of an overlay. Throws a UsageError when there is none of that name, and when it has not this
 * namespace.
 */
export async function overlayFolder(
  overlay: string,
  namespace: string,
  root: string,
  kubectl: Kubectl,
): Promise<{ folder: string; namespaces: readonly string[] }> {
  const all = join(root, 'k8s/overlays');
  // A group of a class is a folder in that of the class.
  const names = globSync('**/kustomization.yaml', { cwd: all }).map(dirname);
  if (!names.includes(overlay))
    throw new UsageError(
      `There is no overlay ${overlay} in k8s/overlays; there are ${names.toSorted().join(', ')}.`,
    );
  const folder = join(all, overlay);
  const namespaces = await namesIn(folder, 'Namespace', kubectl);
  if (namespaces.includes(namespace)) return { folder, namespaces };
  throw new UsageError(
    `The overlay ${overlay} makes ${namespaces.join(', ') || 'no namespace'}, and not ${namespace}: name another by --overlay, or one of its own by --namespace.`,
  );
}

/**
 * Resolves to the names of the ConfigMaps that the folders of dashboards and rules make for those of `parts` that need them.
 * They end with a hash of what is in the files.
 */
export async function configMapsOf(
  parts: readonly Workload[],
  root: string,
  kubectl: Kubectl,
): Promise<readonly string[]> {
  const folders = parts
    .filter(({ part }) => part === 'grafana' || part === 'prometheus')
    .map(({ part }) => join(root, part));
  return (await Promise.all(folders.map((folder) => namesIn(folder, 'ConfigMap', kubectl)))).flat();
}

/** The names of the objects of this kind that the kustomization in the folder makes. */
async function namesIn(folder: string, kind: string, kubectl: Kubectl): Promise<readonly string[]> {
  return parseAllDocuments(await kubectl('kustomize', folder)).flatMap((document) => {
    const { data } = objectSchema.safeParse(document.toJS());
    return data?.kind === kind ? [data.metadata.name] : [];
  });
}
