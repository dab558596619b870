import { z } from 'zod';
import { integer } from '../input';
import { FAULT_KINDS, type FaultKind } from '../registry/kit';

const milliseconds = (description: string) => integer(0, 60_000).default(0).meta({ description });

const rateMessage = 'must be a number from 0 to 1, such as 0.5';
const rate = z.union(
  [
    z.number().min(0, rateMessage).max(1, rateMessage),
    z
      .string()
      .regex(/^(?:0(?:\.\d{1,10})?|1(?:\.0{1,10})?)$/)
      .transform(Number),
  ],
  rateMessage,
);

const statusMessage = 'must be a whole number from 500 to 599';
const status = z.union(
  [
    z.int().min(500, statusMessage).max(599, statusMessage),
    z
      .string()
      .regex(/^5\d\d$/)
      .transform(Number),
  ],
  statusMessage,
);

const flag = z.union(
  [z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')],
  'must be true or false',
);

/** A form has a single route as a text of its own. */
const patterns = z.union(
  [z.array(z.string()), z.string().transform((pattern) => [pattern])],
  'must be an array of route patterns',
);

/** A fault as an operator asks for it. */
export const faultInput = z
  .strictObject({
    latency_ms: milliseconds('How much later each affected request is handled'),
    latency_jitter_ms: milliseconds('Up to so much later still, drawn anew for each request'),
    error_rate: rate.default(0).meta({ description: 'Share of the affected requests that fail' }),
    error_status: status.default(503).meta({ description: 'Status of the failures' }),
    db_latency_ms: milliseconds(
      'How much longer the database takes for each statement; work that takes more than a second in all fails',
    ),
    routes: patterns.default([]).meta({ description: 'Patterns of the affected routes; all if empty' }),
    duration_s: integer(1, 900).meta({ description: 'Time after which the fault ends by itself' }),
    hidden: flag.default(false).meta({ description: 'No telemetry tells of the fault until it ends' }),
  })
  .refine((fault) => kindsOf(fault).length > 0, {
    path: ['latency_ms'],
    error: 'must be above 0, unless error_rate or db_latency_ms is',
  });

export type Fault = z.output<typeof faultInput>;

/** A fault as the service reports it. */
export const faultReport = z
  .object({
    latency_ms: z.int(),
    latency_jitter_ms: z.int(),
    error_rate: z.number(),
    error_status: z.int(),
    db_latency_ms: z.int(),
    routes: z.array(z.string()),
    duration_s: z.int(),
    hidden: z.boolean(),
    ends_at: z.iso.datetime(),
  })
  .meta({ id: 'Fault' });

export type FaultReport = z.input<typeof faultReport>;

type Effects = Record<'latency_ms' | 'latency_jitter_ms' | 'error_rate' | 'db_latency_ms', number>;

/** Lists what the fault does to requests. */
export function kindsOf(fault: Effects): FaultKind[] {
  const isOf: Record<FaultKind, boolean> = {
    latency: fault.latency_ms + fault.latency_jitter_ms > 0,
    error: fault.error_rate > 0,
    db_latency: fault.db_latency_ms > 0,
  };
  return FAULT_KINDS.filter((kind) => isOf[kind]);
}

/** The fields of a log line about the fault. */
export function fieldsOf({ routes, ...fault }: Fault) {
  return {
    'vitrine.fault.latency_ms': fault.latency_ms,
    'vitrine.fault.latency_jitter_ms': fault.latency_jitter_ms,
    'vitrine.fault.error_rate': fault.error_rate,
    'vitrine.fault.error_status': fault.error_status,
    'vitrine.fault.db_latency_ms': fault.db_latency_ms,
    'vitrine.fault.routes': routes.length > 0 ? routes.join(', ') : 'all',
    'vitrine.fault.duration_s': fault.duration_s,
    'vitrine.fault.hidden': fault.hidden,
  };
}
