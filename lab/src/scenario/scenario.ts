import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { faultSchema } from '../faults/fault.ts';
import { UsageError } from '../lab-error.ts';
import { modes } from '../shop-record.ts';

/** The fault's own telemetry proves nothing: it would be there if the fault did nothing. */
const ownTelemetry = /vitrine[._]fault|fault (?:started|ended)/;
const isOwn = "must not look for the fault switch's own telemetry";
const query = z.string().refine((text) => !ownTelemetry.test(text), isOwn);

/** `45s` or `2m` in a file; seconds here. */
const duration = z
  .string()
  .regex(/^[1-9]\d{0,2}[sm]$/, 'must be a time such as 45s or 2m')
  .transform((text) => Number.parseInt(text, 10) * (text.endsWith('m') ? 60 : 1));

/** What a report says of it, in a few words. */
const what = z.string();

/** In the recovery: it is from the time of the fault, and not from that after the repair. */
const duringFault = z.boolean().default(false);

const alertSchema = z.strictObject({
  /** The alert is pending, then firing. */
  alert: z.string(),
  labels: z.record(z.string(), z.string()).default({}),
  within: duration,
});
const metricSchema = z
  .strictObject({
    what,
    /** PromQL; one of its samples is above or below the bound. */
    metric: query,
    above: z.number().optional(),
    below: z.number().optional(),
    within: duration,
  })
  .refine(
    ({ above, below }) => above !== undefined || below !== undefined,
    'must have above, below, or both',
  );
/** Looked at once, at the end: every sample of the metric is within the bound, and there is one. */
const lastingSchema = z.union(
  [
    z.strictObject({ what, metric: query, above: z.number().optional(), below: z.number().optional() }),
    /** Visits that met an error page, or no answer, which no backend hears of. */
    z.strictObject({ what, failed_visits: z.literal(0) }),
  ],
  { error: 'must have what, and metric with above or below, or failed_visits: 0' },
);
const spanSchema = z.strictObject({
  what,
  /** A span with all of this is in Jaeger. */
  span: z.strictObject({
    service: z.string(),
    name: z.string().optional(),
    kind: z.enum(['server', 'client', 'internal']).optional(),
    attributes: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .default({})
      .refine((tags) => !Object.keys(tags).some((name) => ownTelemetry.test(name)), isOwn),
    /** Names of attributes that it does not have. */
    without: z.array(z.string()).default([]),
    failed: z.boolean().optional(),
    at_least_ms: z.number().optional(),
  }),
  during_fault: duringFault,
  within: duration,
});
const logSchema = z.strictObject({
  what,
  /** LogQL. */
  log: query,
  /** The line belongs to one of the traces that the `span` expectations have found. */
  in_these_traces: z.boolean().default(false),
  during_fault: duringFault,
  within: duration,
});

const kinds = { alert: alertSchema, metric: metricSchema, span: spanSchema, log: logSchema };
export type Expectation = z.output<(typeof kinds)[keyof typeof kinds]>;

/** Its kind is that of the first of these fields, so that a mistake in another one is told as such. */
const expectationSchema = z.record(z.string(), z.unknown()).transform((given, context): Expectation => {
  const [, schema] = Object.entries(kinds).find(([kind]) => kind in given) ?? [];
  if (schema === undefined) {
    context.addIssue(`must have one of ${Object.keys(kinds).join(', ')}`);
    return z.NEVER;
  }
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  for (const { path, message } of result.error.issues) context.addIssue({ code: 'custom', path, message });
  return z.NEVER;
});
export type AlertExpectation = z.output<typeof alertSchema>;
export type MetricExpectation = z.output<typeof metricSchema>;
export type SpanExpectation = z.output<typeof spanSchema>;
export type LogExpectation = z.output<typeof logSchema>;

const scenarioSchema = z.strictObject({
  title: z.string(),
  story: z.string().transform((text) => text.trim().replace(/\s+/g, ' ')),
  /** Customers who open so many pages a second. */
  traffic: z.strictObject({ pages_per_second: z.number().min(0.5).max(200) }),
  fault: faultSchema,
  /** The modes in which it can pass. */
  modes: z.array(z.enum(modes)).default([...modes]),
  /** Each is seen after the fault began, and none in the healthy control before it. */
  signs: z.array(expectationSchema).min(1),
  /** Each is seen after the fault was undone. That no alert is active, and no sign of a metric is left, is always expected. */
  recovery: z.array(expectationSchema).default([]),
  /** `$window` in a metric is the time from the start of the control to the end. */
  throughout: z.array(lastingSchema).default([]),
  improve: z.array(z.string()).min(1),
});
export type LastingExpectation = z.output<typeof lastingSchema>;
export type Scenario = z.output<typeof scenarioSchema> & { name: string };

const folder = join(import.meta.dirname, '../../../scenarios');

/** The names of all scenarios, in alphabetical order. */
export function scenarioNames(): string[] {
  return readdirSync(folder)
    .flatMap((file) => /^([a-z0-9-]+)\.yaml$/.exec(file)?.[1] ?? [])
    .toSorted();
}

/** Reads the scenario of this name. Throws a UsageError when there is none, or its file has a mistake. */
export function readScenario(name: string): Scenario {
  const names = scenarioNames();
  if (!names.includes(name))
    throw new UsageError(`There is no scenario ${name}; there are ${names.join(', ')}.`);
  return parseScenario(name, readFileSync(join(folder, `${name}.yaml`), 'utf8'));
}

/** Parses the text of `scenarios/<name>.yaml`. */
export function parseScenario(name: string, text: string): Scenario {
  let content: unknown;
  try {
    content = parse(text, { logLevel: 'error' });
  } catch (error) {
    throw new UsageError(
      `scenarios/${name}.yaml is no YAML: ${error instanceof Error ? error.message : error}`,
    );
  }
  const result = scenarioSchema.safeParse(content);
  if (result.success) return { ...result.data, name };
  throw new UsageError(`scenarios/${name}.yaml has mistakes:\n${z.prettifyError(result.error)}`);
}
