import { z } from 'zod';
import { partNames, serviceNames } from '../part-names.ts';

const part = z.enum(partNames);
const service = z.enum(serviceNames);
const milliseconds = z.int().min(0).max(60_000);

/** What a service is told by `PUT /internal/faults`; its own check of it is the one that counts. */
const switchSettings = z.strictObject({
  latency_ms: milliseconds.optional(),
  latency_jitter_ms: milliseconds.optional(),
  error_rate: z.number().min(0).max(1).optional(),
  error_status: z.int().min(500).max(599).optional(),
  db_latency_ms: milliseconds.optional(),
  routes: z.array(z.string()).optional(),
});
export type SwitchSettings = z.output<typeof switchSettings>;

/** One way to break the shop, as scenario files write it. */
export const faultSchema = z.union(
  [
    z.strictObject({ kill: part }),
    z.strictObject({ stop: part }),
    z.strictObject({ pause: part }),
    z.strictObject({ restart_in_turn: z.array(part).min(1) }),
    z
      .strictObject({ switch: service, ...switchSettings.shape })
      .refine(
        ({ latency_ms, latency_jitter_ms, error_rate, db_latency_ms }) =>
          latency_ms || latency_jitter_ms || error_rate || db_latency_ms,
        'must have latency_ms, latency_jitter_ms, error_rate or db_latency_ms above 0',
      ),
    z.strictObject({ k6: z.enum(['load']) }),
  ],
  {
    error:
      'must be one of kill, stop or pause with a part, restart_in_turn with a list of parts, switch with a service and latency_ms, error_rate or db_latency_ms, or k6: load',
  },
);
export type Fault = z.output<typeof faultSchema>;

/** The fault as a sentence of a report. */
export function describeFault(fault: Fault): string {
  if ('kill' in fault) return `${fault.kill} is killed (SIGKILL)`;
  if ('stop' in fault) return `${fault.stop} is stopped (SIGTERM)`;
  if ('pause' in fault) return `${fault.pause} is frozen: it keeps its connections and answers nothing`;
  if ('restart_in_turn' in fault) return `${fault.restart_in_turn.join(', ')} are restarted in turn`;
  if ('k6' in fault)
    return `k6 runs its test ${fault.k6}, which makes the frontend answer 10 % of its requests with 503`;
  const {
    switch: name,
    latency_ms,
    latency_jitter_ms,
    error_rate,
    error_status = 503,
    db_latency_ms,
  } = fault;
  const latest = (latency_ms ?? 0) + (latency_jitter_ms ?? 0);
  const effects = [
    latest > 0 && `answers ${latency_jitter_ms ? `${latency_ms ?? 0}–` : ''}${latest} ms later`,
    error_rate && `answers ${Math.round(error_rate * 1000) / 10} % of its requests with ${error_status}`,
    db_latency_ms && `waits ${db_latency_ms} ms longer for each statement`,
  ].filter(Boolean);
  const where = fault.routes?.length ? ` (${fault.routes.join(', ')})` : '';
  return `${name} ${effects.join(' and ')}${where}`;
}
