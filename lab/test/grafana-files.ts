import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { fillIn } from '../src/verify/fill-in.ts';
import { dataSourceSchema, targetSchema, variableSchema } from '../src/verify/grafana-files.ts';

const folder = resolve(import.meta.dirname, '../../grafana');

const sourceSchema = z.object({ type: z.string(), uid: z.string() });
const linksSchema = z.array(z.object({ title: z.string(), url: z.string() })).default([]);
const panelSchema = z.object({
  id: z.number(),
  type: z.string(),
  title: z.string().min(1),
  description: z.string().min(1),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  datasource: sourceSchema,
  targets: z
    .array(targetSchema.extend({ refId: z.string(), expr: z.string(), instant: z.boolean().default(false) }))
    .min(1),
  options: z.object({
    graphMode: z.string().optional(),
    legend: z.object({ showLegend: z.boolean() }).optional(),
  }),
  fieldConfig: z
    .object({
      defaults: z.object({
        unit: z.string().optional(),
        min: z.number().optional(),
        max: z.number().optional(),
        noValue: z.string().optional(),
        custom: z
          .object({
            thresholdsStyle: z.object({ mode: z.string() }).optional(),
            axisSoftMax: z.number().optional(),
          })
          .default({}),
        thresholds: z.object({ steps: z.array(z.object({ value: z.number().nullable() })) }).optional(),
        links: linksSchema,
      }),
      overrides: z.array(
        z.object({
          matcher: z.object({ id: z.string(), options: z.unknown() }),
          properties: z.array(z.object({ id: z.string(), value: z.unknown() })),
        }),
      ),
    })
    .optional(),
});
const dashboardSchema = z.object({
  uid: z.string(),
  title: z.string(),
  refresh: z.string(),
  panels: z.array(panelSchema),
  annotations: z.object({
    list: z.array(z.object({ name: z.string(), datasource: sourceSchema, expr: z.string() })),
  }),
  templating: z.object({
    list: z.array(
      variableSchema.extend({ label: z.string().optional(), query: z.object({ query: z.string() }) }),
    ),
  }),
  links: z.array(
    z.object({
      title: z.string(),
      type: z.string(),
      url: z.string().optional(),
      keepTime: z.boolean(),
      includeVars: z.boolean(),
      placement: z.undefined().optional(),
    }),
  ),
});

const sourceWithUrlSchema = dataSourceSchema.extend({ url: z.string() });

export type Dashboard = z.output<typeof dashboardSchema>;
export type Panel = z.output<typeof panelSchema>;
export type DataSource = z.output<typeof sourceWithUrlSchema>;

/** The text of each dashboard, by the name of its file. */
export const dashboardTexts: Readonly<Record<string, string>> = Object.fromEntries(
  globSync('dashboards/*', { cwd: folder }).map((file) => [
    file.replace('dashboards/', ''),
    readFileSync(join(folder, file), 'utf8'),
  ]),
);

export function parseDashboard(text: string): Dashboard {
  return dashboardSchema.parse(JSON.parse(text));
}

export const dashboards: readonly Dashboard[] = Object.values(dashboardTexts).map(parseDashboard);

/** Every panel, with a name for tests. */
export const panels = dashboards.flatMap((dashboard) =>
  dashboard.panels.map((panel) => ({ dashboard, panel, name: `${dashboard.title}: ${panel.title}` })),
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
  return z.object({ datasources: z.array(sourceWithUrlSchema) }).parse(parse(expanded)).datasources;
}

/**
 * The values of the dashboard's variable as Grafana writes them into a query of Prometheus or Loki: all services, one of
 * them, or two.
 */
export function choices({ templating }: Dashboard, source: string): readonly string[] {
  const two = 'frontend|order-service';
  return templating.list.flatMap(({ multi, allValue }) =>
    multi && allValue ? [allValue, 'frontend', source === 'loki' ? two : `(${two})`] : ['frontend'],
  );
}

/** What Grafana fills in for the last 15 minutes. */
export const builtIn = { __range: '900s', __rate_interval: '1m0s' };

/** Fills in the first of the choices, as the dashboard does when it is opened. */
export function asOpened(dashboard: Dashboard, expression: string): string {
  const [service = ''] = choices(dashboard, 'prometheus');
  return fillIn(expression, { ...builtIn, service });
}
