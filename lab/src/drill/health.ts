import { LabError } from '../lab-error.ts';
import { poll } from '../poll.ts';
import type { Prometheus } from '../query/prometheus.ts';
import type { PartStatus, Stack } from '../stack.ts';
import type { Exercise } from './exercise.ts';
import type { Trouble } from './situation.ts';

/** Rates of 20 s need some time to forget. */
export const healthLimitMs = 45_000;
const betweenMs = 2000;

/** Who repaired the shop, as far as the backends tell: somebody did, or `why` says what was still wrong. */
export type Repair = { isDone: boolean; why: string };

/** Says what has no sample when all is well. What is slow for another reason than a trouble may stay so. */
function signsOf(troubles: readonly Trouble[]): Readonly<Record<string, string>> {
  const durations = (metric: string, label: string, part: string) =>
    `histogram_quantile(0.95, sum by (${label}, le) (rate(${metric}_bucket{${label}="${part}"}[20s])))`;
  const slow = troubles.flatMap(({ part, cause }) => {
    if (cause !== 'slow') return [];
    const isDatabase = part.endsWith('_dbase');
    const query = isDatabase
      ? `${durations('db_client_operation_duration_seconds', 'db_namespace', part)} > 0.2`
      : `${durations('http_server_request_duration_seconds', 'service_name', part)} > 0.5`;
    return [[`${part} is slow`, query]];
  });
  const rate = 'sum by (service_name) (rate(http_server_request_duration_seconds_count';
  return {
    ...Object.fromEntries(slow),
    'requests fail': `${rate}{http_response_status_code=~"5.."}[20s])) / ${rate}[20s])) > 0.05`,
    'a part of the pipeline is down': 'up == 0',
    'a service is gone': 'service:up == 0',
  };
}

/** Looks whether the shop is healthy before the drill puts it right: all parts are up, and soon the backends show it. */
export async function lookForRepair(
  { situation: { troubles }, brokenMs, backends: { prometheus } }: Exercise,
  stack: Stack,
): Promise<Repair> {
  const parts = await stack.status();
  const bad = parts.find(({ state }) => state !== 'ready' && state !== 'unavailable');
  if (bad) return { isDone: false, why: `${bad.part} was ${bad.state}` };
  const lasting = troubles.find((trouble) => !mayHaveEnded(trouble, parts, brokenMs));
  if (lasting) return { isDone: false, why: `${lasting.part} was as before` };
  const healthy = { isDone: true, why: 'the backends show a healthy shop' };
  if (troubles.length === 0) return healthy;
  const signs = signsOf(troubles);
  let left: readonly string[] = [];
  const check = async () => {
    left = await present(signs, prometheus);
    return left.length === 0 || undefined;
  };
  if (await poll(check, { intervalMs: betweenMs, limitMs: healthLimitMs })) return healthy;
  return {
    isDone: false,
    why: `after ${healthLimitMs / 1000} s the backends still said: ${left.join(', ')}`,
  };
}

/** A fault switch ends with the process that has it, or with a restart of the database that is slow. */
function mayHaveEnded({ part, faults }: Trouble, parts: readonly PartStatus[], sinceMs: number): boolean {
  const switched = faults.flatMap((fault) => ('switch' in fault ? fault.switch : []));
  const isRestarted = (name: string) =>
    parts.some((one) => one.part === name && (one.startedAt?.getTime() ?? 0) > sinceMs);
  return switched.length === 0 || [part, ...switched].some(isRestarted);
}

async function present(
  signs: Readonly<Record<string, string>>,
  prometheus: Prometheus,
): Promise<readonly string[]> {
  const found = await Promise.all(
    Object.entries(signs).map(async ([what, query]) => {
      const samples = await prometheus.query(query).catch((error) => {
        if (error instanceof LabError) return undefined;
        throw error;
      });
      if (samples === undefined) return ['Prometheus does not answer'];
      return samples.length > 0 ? [what] : [];
    }),
  );
  return [...new Set(found.flat())];
}
