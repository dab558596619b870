import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { LabError } from '../lab-error.ts';
import { readAs } from './read-as.ts';

/** The parts of Grafana's files that queries and links are in. What else is there, Grafana may read. */
const sourceSchema = z.object({ type: z.string().optional(), uid: z.string() });

export const targetSchema = z.object({
  datasource: sourceSchema.optional(),
  /** A query of Prometheus or Loki. */
  expr: z.string().optional(),
  legendFormat: z.string().default(''),
  exemplar: z.boolean().default(false),
  instant: z.boolean().default(false),
  /** Of Loki. */
  maxLines: z.number().optional(),
  interval: z.string().nullish(),
  /** A search of Jaeger. */
  service: z.string().optional(),
  operation: z.string().optional(),
});

const panelSchema = z.object({
  title: z.string().default(''),
  datasource: sourceSchema.nullish(),
  targets: z.array(targetSchema).default([]),
  /** A row that is shut has its panels inside. */
  get panels() {
    return z.array(panelSchema).optional();
  },
});

const annotationSchema = z.object({
  name: z.string(),
  datasource: sourceSchema.optional(),
  expr: z.string().optional(),
  step: z.string().optional(),
  target: z.object({ expr: z.string().optional() }).optional(),
});

export const variableSchema = z.object({
  name: z.string(),
  type: z.string(),
  datasource: sourceSchema.nullish(),
  query: z.union([z.string(), z.looseObject({ query: z.string().optional() })]).default(''),
  regex: z.string().default(''),
  includeAll: z.boolean().default(false),
  multi: z.boolean().default(false),
  allValue: z.string().nullish(),
});

const dashboardSchema = z.object({
  title: z.string(),
  time: z.object({ from: z.string() }).default({ from: 'now-6h' }),
  panels: z.array(panelSchema).default([]),
  annotations: z.object({ list: z.array(annotationSchema).default([]) }).default({ list: [] }),
  templating: z.object({ list: z.array(variableSchema).default([]) }).default({ list: [] }),
});

export const dataSourceSchema = z.object({
  type: z.string(),
  uid: z.string(),
  jsonData: z
    .object({
      exemplarTraceIdDestinations: z
        .array(
          z.object({ name: z.string(), datasourceUid: z.string().optional(), url: z.string().optional() }),
        )
        .default([]),
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
            matcherType: z.string().optional(),
            matcherRegex: z.string(),
            datasourceUid: z.string(),
            url: z.string(),
          }),
        )
        .default([]),
    })
    .prefault({}),
});

export type Source = z.output<typeof sourceSchema>;
export type Target = z.output<typeof targetSchema>;
export type Panel = z.output<typeof panelSchema>;
export type Variable = z.output<typeof variableSchema>;
export type Dashboard = z.output<typeof dashboardSchema> & { file: string };
export type DataSource = z.output<typeof dataSourceSchema>;

export const sourcesFile = 'grafana/provisioning/datasources/datasources.yaml';

/** Reads the dashboards in `grafana/dashboards`. */
export function readDashboards(root: string): readonly Dashboard[] {
  const files = globSync('grafana/dashboards/*.json', { cwd: root }).toSorted();
  if (files.length === 0) throw new LabError('There is no dashboard in grafana/dashboards.');
  return files.map((path) => ({
    ...readAs(dashboardSchema, path, JSON.parse, root),
    file: basename(path),
  }));
}

/** Reads the provisioned data sources; `$$` is a dollar sign, and a single one begins a variable of the environment. */
export function readDataSources(root: string): readonly DataSource[] {
  const schema = z.object({ datasources: z.array(dataSourceSchema) });
  const read = (text: string) =>
    parse(text.replace(/\$(?:\$|\{\w+\}|\w+)/g, (found) => (found === '$$' ? '$' : '')));
  return readAs(schema, sourcesFile, read, root).datasources;
}
