import { z } from 'zod';
import { modes } from '../shop-record.ts';

/** What a report is made of: `report.json` holds it for machines. Times are milliseconds since the epoch. */

const moment = z.number();
const sourceSchema = z.enum(['scenario', 'prometheus', 'jaeger', 'loki']);

export const factsSchema = z.object({
  /** The scenario's name on the command line. */
  name: z.string(),
  title: z.string(),
  /** Two or three sentences: what is broken, and what one can learn from it. */
  story: z.string(),
  mode: z.enum(modes),
  isFast: z.boolean(),
  /** `void`: the healthy control already showed a sign of the fault. */
  outcome: z.enum(['passed', 'failed', 'void']),
  /** The outcome in a sentence; by default it says how many expectations were met. */
  verdict: z.string().optional(),
  /** One sentence for each expectation that was missed, or why it is void. */
  reasons: z.array(z.string()),
  phases: z.array(
    z.object({ name: z.enum(['control', 'fault', 'recovery']), startMs: moment, endMs: moment }),
  ),
  /** What was done, as a command or sentence, and when it was undone. */
  fault: z.object({ what: z.string(), startMs: moment, endMs: moment.optional() }),
  /** What happened, the oldest first. `source` tells who knows: this command, or a backend. */
  timeline: z.array(z.object({ atMs: moment, what: z.string(), source: sourceSchema })),
  checks: z.array(
    z.object({
      phase: z.enum(['control', 'fault', 'recovery', 'throughout']),
      what: z.string(),
      source: sourceSchema,
      outcome: z.enum(['seen', 'missed']),
      /** From the start of the fault, or for `recovery` from its end. */
      afterSeconds: z.number().optional(),
      withinSeconds: z.number(),
      lastSeen: z.string(),
    }),
  ),
  alerts: z.array(
    z.object({
      name: z.string(),
      labels: z.record(z.string(), z.string()),
      summary: z.string(),
      description: z.string(),
      runbookUrl: z.string().optional(),
      pendingMs: moment.optional(),
      firingMs: moment.optional(),
      resolvedMs: moment.optional(),
    }),
  ),
  /** From the start of the fault until the first expected alert fired. */
  secondsToDetect: z.number().optional(),
  /** That alert, such as `HighErrorRate of frontend`. */
  detectedBy: z.string().optional(),
  /** From the end of the fault until the last expectation of the recovery was met. */
  secondsToRecover: z.number().optional(),
  /** Of the customers at the frontend, by Prometheus, from the start of the control to the end. */
  requests: z.object({
    total: z.number(),
    failed: z.number(),
    /** The share that should succeed. */
    objective: z.number(),
    /** Share of the errors that the objective allows in 30 days at this rate of requests; null without requests. */
    budgetBurnt: z.number().nullable(),
  }),
  /** Every five seconds, of each service. */
  plots: z.array(
    z.object({
      title: z.string(),
      /** On the axis: `requests/s`, `%`, `ms`. */
      unit: z.string(),
      threshold: z.object({ value: z.number(), label: z.string() }).optional(),
      series: z.array(
        z.object({
          name: z.string(),
          points: z.array(z.object({ atMs: moment, value: z.number().nullable() })),
        }),
      ),
    }),
  ),
  /** The worst ones; the first says most. */
  traces: z.array(
    z.object({
      traceId: z.string(),
      /** The page or route that was asked for, such as `GET /`. */
      request: z.string(),
      startMs: moment,
      durationMs: z.number(),
      /** One sentence: which span failed or was slow, and with what. */
      what: z.string(),
      /** Addresses for a browser; the console's, and Jaeger's where it has pages. */
      links: z.array(z.object({ label: z.string(), url: z.string() })),
    }),
  ),
  logLines: z.array(
    z.object({
      atMs: moment,
      service: z.string(),
      level: z.string(),
      body: z.string(),
      traceId: z.string().optional(),
    }),
  ),
  /** What would make the failure smaller or shorter. */
  improvements: z.array(z.string()),
});

export type Facts = z.output<typeof factsSchema>;
