import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const folder = resolve(import.meta.dirname, '../../grafana');

const sourceSchema = z.object({ type: z.string(), uid: z.string() });
const targetSchema = z.object({
  /** Queries of Prometheus and Loki. */
  expr: z.string().optional(),
  exemplar: z.boolean().default(false),
  /** Queries of Jaeger. */
  queryType: z.literal('search').optional(),
  service: z.string().optional(),
});
const panelSchema = z.object({
  id: z.number(),
  type: z.string(),
  title: z.string().min(1),
  description: z.string().min(1),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  datasource: sourceSchema,
  targets: z.array(targetSchema).min(1),
  fieldConfig: z
    .object({
      defaults: z.object({
        unit: z.string().optional(),
        custom: z.object({ thresholdsStyle: z.object({ mode: z.string() }).optional() }).optional(),
        thresholds: z.object({ steps: z.array(z.object({ value: z.number().nullable() })) }).optional(),
        links: z.array(z.object({ title: z.string(), url: z.string() })).default([]),
      }),
    })
    .optional(),
});
const dashboardSchema = z.object({
  uid: z.string(),
  title: z.string(),
  panels: z.array(panelSchema),
  annotations: z.object({ list: z.array(z.object({ datasource: sourceSchema, expr: z.string() })) }),
  templating: z.object({
    list: z.array(
      z.object({ name: z.string(), allValue: z.string(), query: z.object({ query: z.string() }) }),
    ),
  }),
});

const dataSourceSchema = sourceSchema.extend({
  url: z.string(),
  jsonData: z.object({
    exemplarTraceIdDestinations: z
      .array(z.object({ name: z.string(), datasourceUid: z.string() }))
      .optional(),
    tracesToLogsV2: z.object({ datasourceUid: z.string(), query: z.string() }).optional(),
    tracesToMetrics: z
      .object({
        datasourceUid: z.string(),
        tags: z.array(z.object({ key: z.string(), value: z.string() })),
        queries: z.array(z.object({ name: z.string(), query: z.string() })),
      })
      .optional(),
    derivedFields: z
      .array(
        z.object({
          matcherType: z.literal('label'),
          matcherRegex: z.string(),
          datasourceUid: z.string(),
          url: z.string(),
        }),
      )
      .optional(),
  }),
});

export type Dashboard = z.output<typeof dashboardSchema>;
export type Panel = z.output<typeof panelSchema>;
export type DataSource = z.output<typeof dataSourceSchema>;

export const dashboards: readonly Dashboard[] = globSync('dashboards/*.json', { cwd: folder }).map((file) =>
  dashboardSchema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))),
);

/** Reads them as Grafana does, which takes `$$` for a dollar sign and `$NAME` for a variable of the environment. */
export function readDataSources(environment: Record<string, string>): readonly DataSource[] {
  const text = readFileSync(join(folder, 'provisioning/datasources/datasources.yaml'), 'utf8');
  const expanded = text.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced, bare) => {
    if (whole === '$$') return '$';
    const value = environment[braced ?? bare];
    if (value === undefined) throw new Error(`The data sources ask for ${whole}, which nobody sets.`);
    return value;
  });
  return z.object({ datasources: z.array(dataSourceSchema) }).parse(parse(expanded)).datasources;
}

/** Fills in the variables of a query: `{service: '.+'}` for `$service`. Throws when one is left. */
export function fillIn(query: string, values: Record<string, string>): string {
  return query.replace(/\$(?:\{([^}]+)\}|(\w+))/g, (whole, braced, bare) => {
    const value = values[braced ?? bare];
    if (value === undefined) throw new Error(`Nobody fills in ${whole} in ${query}`);
    return value;
  });
}
