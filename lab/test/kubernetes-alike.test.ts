import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { findPlaces, readSettings } from '../src/settings.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

const compose = z
  .object({
    services: z.record(
      z.string(),
      z.object({
        command: z.array(z.string()).default([]),
        environment: z.record(z.string(), z.coerce.string()).default({}),
        image: z.string(),
        mem_limit: z.string(),
      }),
    ),
  })
  .parse(parse(read('docker-compose.yml'), { merge: true })).services;

const containerSchema = z.object({
  name: z.string(),
  args: z.array(z.string()).default([]),
  env: z
    .array(z.object({ name: z.string(), value: z.string().optional(), valueFrom: z.unknown().optional() }))
    .default([]),
  resources: z.object({ limits: z.object({ memory: z.string() }) }).optional(),
});
const workloadSchema = z.object({
  spec: z.object({ template: z.object({ spec: z.object({ containers: z.tuple([containerSchema]) }) }) }),
});
const patchSchema = z.array(z.object({ path: z.string(), value: z.unknown().optional() }));

const documents = (file: string) =>
  parseAllDocuments(read(file), { merge: true }).map((each): unknown => each.toJS());
/** What `patch` adds to a container. */
const added = (patch: string) =>
  Object.fromEntries(
    patchSchema
      .parse(parse(read(`k8s/base/${patch}.yaml`), { merge: true }))
      .map(({ path, value }) => [basename(path), value]),
  );

/** The containers by their part's name, as far as they say themselves what they are. */
const containers = new Map(
  ['services', 'databases', 'otel-collector', 'jaeger', 'prometheus', 'loki', 'grafana']
    .flatMap((file) => documents(`k8s/base/${file}.yaml`))
    .flatMap((each) => workloadSchema.safeParse(each).data?.spec.template.spec.containers ?? [])
    .map((container) => [container.name.replace('-dbase', '_dbase'), container] as const),
);
const container = (part: string) => {
  const found = containers.get(part);
  if (found === undefined) throw new Error(`${part} is not in k8s/base.`);
  return found;
};

const inCluster = Object.entries(compose).filter(([part]) => part !== 'k6' && part !== 'alertmanager');
const backends = ['otel-collector', 'jaeger', 'prometheus', 'loki', 'grafana'];
const kustomization = z
  .object({
    images: z.array(z.object({ name: z.string(), newTag: z.string() })),
    configMapGenerator: z.array(z.object({ name: z.string(), literals: z.array(z.string()).default([]) })),
  })
  .parse(parse(read('k8s/base/kustomization.yaml')));

test('When the shop runs in a cluster, then its images are those of Compose', () => {
  const images = inCluster.map(([, { image }]) => (image.includes(':') ? image : `${image}:latest`));
  expect(kustomization.images.map(({ name, newTag }) => `${name}:${newTag}`).sort()).toEqual(
    [...new Set(images)].sort(),
  );
});

test.each(inCluster)(
  'When %s runs in a cluster, then it may take as much memory as in Compose',
  (part, { mem_limit }) => {
    const patched = part.endsWith('_dbase')
      ? added('database')
      : backends.includes(part)
        ? {}
        : added('service');
    const { resources } = containerSchema.parse({ ...container(part), ...patched, name: part, env: [] });
    expect(resources?.limits.memory).toBe(mem_limit.replace(/m$/, 'Mi'));
  },
);

test.each(backends)(
  'When %s runs in a cluster, then its options and its environment are those of Compose',
  (part) => {
    const { command, environment } = compose[part] ?? {};
    expect(container(part).args).toEqual(command);
    const ofOneMachine = /_proxy$|^RUM$|^ORIGINS_/i;
    const names = Object.keys(environment ?? {}).filter((name) => !ofOneMachine.test(name));
    const env = container(part).env.map(({ name, value }) => [name, value]);
    expect(env).toEqual(names.map((name) => [name, expect.any(String)]));
    for (const [name = '', value] of env)
      if (!environment?.[name]?.includes('${')) expect(value, name).toBe(environment?.[name]);
  },
);

const databases = inCluster.filter(([part]) => part.endsWith('_dbase'));
test.each(databases)(
  'When %s runs in a cluster, then its options and its schemas are those of Compose',
  (part, { command, environment }) => {
    expect(added('database').args).toEqual(command);
    const schemas = container(part).env.find(({ name }) => name === 'SCHEMAS')?.value;
    expect(schemas).toBe(environment.SCHEMAS?.replace(/\$\{(\w+)\}/g, '$($1)'));
  },
);

test.each(['frontend', 'user-service', 'product-service', 'order-service'])(
  'When %s runs in a cluster, then its environment is that of Compose',
  (part) => {
    const shared = kustomization.configMapGenerator.find(({ name }) => name === 'services')?.literals ?? [];
    const env = [
      ...shared.map((line) => line.split(/=(.*)/s, 2)),
      ...container(part).env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]),
    ];
    const there = Object.fromEntries(env);
    for (const [name, value] of Object.entries(compose[part]?.environment ?? {})) {
      // A setting that need not be there, or an address of one machine.
      if (value === '' || value === 'null' || /^\$\{\w+:-(?!http:\/\/otel-collector)/.test(value)) continue;
      const secret = /^\$\{(\w+):\?/.exec(value)?.[1];
      const expected = secret
        ? { secretKeyRef: { name: 'vitrine-secrets', key: secret } }
        : value
            .replace(/^\$\{\w+:-(.*)\}$/, '$1')
            .replace('_dbase', name === 'DB_HOST' ? '-dbase' : '_dbase');
      expect(there[name], name).toEqual(expected);
    }
  },
);

test('When a cluster makes its secrets, then these are the ones that the first start makes without a cluster', () => {
  const { SHOP_ID, ...secrets } = readSettings(
    findPlaces({ VITRINE_HOME: temporaryFolder() }),
    {},
  ).newSecrets;
  const made = read('k8s/base/make-secrets.mjs').match(/(?<=')[A-Z]+_[A-Z_]+(?=')/g);
  expect(made?.sort()).toEqual(Object.keys(secrets).sort());
});

const scrapeSchema = z.object({
  global: z.unknown(),
  scrape_configs: z.array(
    z.looseObject({
      static_configs: z.unknown().optional(),
      kubernetes_sd_configs: z.unknown().optional(),
      relabel_configs: z.unknown().optional(),
    }),
  ),
});
type Job = z.output<typeof scrapeSchema>['scrape_configs'][number];

test('When Prometheus finds its targets in a cluster, then it scrapes them as elsewhere, less the addresses', () => {
  const scrapes = (file: string) => {
    const { global, scrape_configs } = scrapeSchema.parse(parse(read(file)));
    const withoutAddresses = ({ static_configs, kubernetes_sd_configs, relabel_configs, ...job }: Job) => job;
    return { global, jobs: scrape_configs.map(withoutAddresses) };
  };
  expect(scrapes('prometheus/kubernetes.yml')).toEqual(scrapes('prometheus.yml'));
});

test.each([
  ['grafana', 'dashboards'],
  ['prometheus', 'rules'],
])('When a file is added to %s/%s, then it reaches a cluster, too', (folder, inside) => {
  for (const file of readdirSync(join(root, folder, inside))) {
    expect(read(`${folder}/kustomization.yaml`)).toContain(`${inside}/${file}`);
    const user = folder === 'grafana' ? read('k8s/base/grafana.yaml') : read('prometheus/kubernetes.yml');
    expect(user).toContain(folder === 'grafana' ? `dashboard-${basename(file, '.json')} }` : file);
  }
});
