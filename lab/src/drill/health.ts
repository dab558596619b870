import { LabError } from '../lab-error.ts';
import { poll } from '../poll.ts';
import type { Prometheus } from '../query/prometheus.ts';
import type { PartStatus, Stack } from '../stack.ts';
import type { Exercise } from './exercise.ts';
import type { Trouble } from './situation.ts';

const limitMs = 45_000;
const betweenMs = 2000;

/** It has no sample when all is well. */
const unhealthy = [
  'sum by (service_name) (rate(http_server_request_duration_seconds_count{http_response_status_code=~"5.."}[20s])) > 0',
  'histogram_quantile(0.95, sum by (service_name, le) (rate(http_server_request_duration_seconds_bucket[20s]))) > 0.5',
  'histogram_quantile(0.95, sum by (db_namespace, le) (rate(db_client_operation_duration_seconds_bucket[20s]))) > 0.2',
  'up == 0',
  'service:up == 0',
].join(' or ');

/** Whether the shop is healthy before the drill puts it right: all parts are up, and soon the backends show it. */
export async function isHealthy(
  { situation: { troubles }, brokenMs, backends: { prometheus } }: Exercise,
  stack: Stack,
): Promise<boolean> {
  const parts = await stack.status();
  if (parts.some(({ state }) => state !== 'ready' && state !== 'unavailable')) return false;
  if (!troubles.every((trouble) => mayHaveEnded(trouble, parts, brokenMs))) return false;
  if (troubles.length === 0) return true;
  const check = async () => (await showsHealth(prometheus)) || undefined;
  return (await poll(check, { intervalMs: betweenMs, limitMs })) ?? false;
}

/** A fault switch ends with the process that has it, or with a restart of the database that is slow. */
function mayHaveEnded({ part, faults }: Trouble, parts: readonly PartStatus[], sinceMs: number): boolean {
  const switched = faults.flatMap((fault) => ('switch' in fault ? fault.switch : []));
  const isRestarted = (name: string) =>
    parts.some((one) => one.part === name && (one.startedAt?.getTime() ?? 0) > sinceMs);
  return switched.length === 0 || [part, ...switched].some(isRestarted);
}

async function showsHealth(prometheus: Prometheus): Promise<boolean> {
  const samples = await prometheus.query(unhealthy).catch((error) => {
    if (error instanceof LabError) return undefined;
    throw error;
  });
  return samples?.length === 0;
}
