import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test as base, expect } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { root } from '../stack/start-stack.ts';
import { type Cluster, clusterIn } from './cluster.ts';

const overlays = readdirSync(join(root, 'k8s/overlays'));

/** Tests with only an API server: it knows every field, and what the namespaces forbid, and starts nothing. */
const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
  .extend('apiServer', { scope: 'file' }, async ({}, { onCleanup }) => {
    const cluster = clusterIn('api-server');
    onCleanup(async () => void (await cluster.kube('down')));
    await cluster.kube('up', '--api-only');
    return cluster;
  });

const manifestSchema = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().default(''),
    labels: z.record(z.string(), z.string()).default({}),
  }),
});
type Manifest = z.output<typeof manifestSchema>;

type Rendered = { yaml: string; manifests: Manifest[] };
const rendered = new Map<string, Promise<Rendered>>();

/** What `kubectl apply -k` would send. */
function render({ kube }: Cluster, overlay: string): Promise<Rendered> {
  const known = rendered.get(overlay);
  if (known) return known;
  const rendering = kube('kubectl', 'kustomize', `k8s/overlays/${overlay}`).then((yaml) => {
    const documents = parseAllDocuments(yaml).map((document) => document.toJS());
    return { yaml, manifests: z.array(manifestSchema).parse(documents) };
  });
  rendered.set(overlay, rendering);
  return rendering;
}

test.for(overlays)(
  'When %s is applied, then the API server takes every field of it, and nothing is less than restricted',
  async (overlay, { apiServer }) => {
    const { yaml, manifests } = await render(apiServer, overlay);
    for (const namespace of manifests.filter(({ kind }) => kind === 'Namespace')) {
      // One refuses pods; the other says of what makes pods that they will be refused.
      expect(namespace.metadata.labels, namespace.metadata.name).toMatchObject({
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
      });
      const made = await apiServer.tryKubectl(['apply', '--filename', '-'], JSON.stringify(namespace));
      expect(made).toMatchObject({ status: 0 });
    }
    const dryRun = ['apply', '--dry-run=server', '--validate=strict', '--filename', '-'];
    const { status, stderr } = await apiServer.tryKubectl(dryRun, yaml);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  },
);

const configMap = z.object({ name: z.string(), items: z.array(z.object({ key: z.string() })).default([]) });
const uses = [
  z.object({ configMapKeyRef: z.object({ name: z.string(), key: z.string() }) }),
  z.object({ configMapRef: configMap }).transform(({ configMapRef }) => ({ configMap: configMapRef })),
  z.object({ configMap }),
];

/** What a part of a manifest reads from ConfigMaps, each as `NAME` or `NAME KEY`. */
function readsOf(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  const own = z.union(uses).safeParse(part).data;
  const inner = Object.values(part).flatMap(readsOf);
  if (own === undefined) return inner;
  if ('configMapKeyRef' in own) return [`${own.configMapKeyRef.name} ${own.configMapKeyRef.key}`];
  const { name, items } = own.configMap;
  return [name, ...items.map(({ key }) => `${name} ${key}`), ...inner];
}

test.for(overlays)(
  'When %s is applied, then it has every key of a ConfigMap that it reads, and no secret',
  async (overlay, { apiServer }) => {
    const { manifests } = await render(apiServer, overlay);
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    for (const [namespace, own] of Map.groupBy(manifests, ({ metadata }) => metadata.namespace)) {
      const data = own.filter(({ kind }) => kind === 'ConfigMap');
      const has = data.flatMap(({ metadata: { name }, data }) => [
        name,
        ...Object.keys(data ?? {}).map((key) => `${name} ${key}`),
      ]);
      const lacks = own.flatMap(({ kind, metadata: { name }, spec }) =>
        readsOf(spec)
          .filter((read) => !has.includes(read))
          .map((read) => `${kind} ${name} reads ${read}`),
      );
      expect(lacks, namespace).toEqual([]);
    }
  },
);

const subject = z.object({ kind: z.literal('ServiceAccount'), name: z.string(), namespace: z.string() });
const bindingSchema = z.object({ subjects: z.array(subject) });

test.for(overlays)(
  'When %s is applied, then rights are given only to accounts that it makes in the same namespace',
  async (overlay, { apiServer }) => {
    const { manifests } = await render(apiServer, overlay);
    const accounts = manifests
      .filter(({ kind }) => kind === 'ServiceAccount')
      .map(({ metadata: { name, namespace } }) => ({ kind: 'ServiceAccount', name, namespace }));
    const bindings = manifests.filter(({ kind }) => kind === 'RoleBinding');
    expect(bindings.length).toBeGreaterThan(0);
    for (const binding of bindings) {
      const own = accounts.filter(({ namespace }) => namespace === binding.metadata.namespace);
      for (const subject of bindingSchema.parse(binding).subjects) expect(own).toContainEqual(subject);
    }
    expect(manifests.map(({ kind }) => kind)).not.toContain('ClusterRoleBinding');
  },
);

const workload = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()) }),
  spec: z.object({
    template: z.object({
      spec: z.object({
        containers: z.tuple([
          z.object({
            resources: z.object({
              requests: z.object({ cpu: z.string(), memory: z.string() }),
              limits: z.object({ memory: z.string() }),
            }),
          }),
        ]),
      }),
    }),
  }),
});
const claimSchema = z.object({
  spec: z.object({ resources: z.object({ requests: z.object({ storage: z.string() }) }) }),
});
const databaseSchema = z.object({ spec: z.object({ volumeClaimTemplates: z.array(claimSchema) }) });
const quotaSchema = z.object({ spec: z.object({ hard: z.record(z.string(), z.coerce.string()) }) });

/** The number that a quantity such as `200m` or `1Gi` stands for. */
function amount(quantity = ''): number {
  const [, digits, unit = ''] = /^([\d.]+)(m|Ki|Mi|Gi)?$/.exec(quantity) ?? [];
  return Number(digits) * ({ m: 0.001, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 }[unit] ?? 1);
}

test('When a group of the class updates all services of its shop at once, then it keeps within its quota', async ({
  apiServer,
}) => {
  const { manifests } = await render(apiServer, 'class/shop');
  const { hard } = quotaSchema.parse(manifests.find(({ kind }) => kind === 'ResourceQuota')).spec;
  const workloads = manifests
    .filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind))
    .map((manifest) => workload.parse(manifest));
  const isService = ({ metadata }: z.output<typeof workload>) =>
    metadata.labels['app.kubernetes.io/component'] === 'service';
  const needed = [...workloads, ...workloads.filter(isService)].map(
    ({ spec }) => spec.template.spec.containers[0].resources,
  );
  const sum = (pick: (resources: (typeof needed)[number]) => string) =>
    needed.reduce((total, resources) => total + amount(pick(resources)), 0);
  const claims = manifests.flatMap((manifest) => [
    ...(manifest.kind === 'PersistentVolumeClaim' ? [claimSchema.parse(manifest)] : []),
    ...(manifest.kind === 'StatefulSet' ? databaseSchema.parse(manifest).spec.volumeClaimTemplates : []),
  ]);
  const storage = claims.reduce((total, { spec }) => total + amount(spec.resources.requests.storage), 0);
  expect(claims.length).toBeLessThanOrEqual(amount(hard.persistentvolumeclaims));
  expect(storage).toBeLessThanOrEqual(amount(hard['requests.storage']));
  expect(needed.length).toBeLessThanOrEqual(amount(hard.pods));
  expect(sum(({ requests }) => requests.cpu)).toBeLessThanOrEqual(amount(hard['requests.cpu']));
  expect(sum(({ requests }) => requests.memory)).toBeLessThanOrEqual(amount(hard['requests.memory']));
  expect(sum(({ limits }) => limits.memory)).toBeLessThanOrEqual(amount(hard['limits.memory']));
});
