import { LabError } from './lab-error.ts';
import { type PartName, partNames } from './part-names.ts';
import type { Labels, Prometheus } from './query/prometheus.ts';
import type { PartStatus } from './stack.ts';

/** Telemetry does not get to `part`, or is not kept there. */
type Problem = { part: PartName; why: string };

/** A page or a command does not wait longer for an answer, on which the rest of it does not depend. */
const answerLimitMs = 2000;
/** Prometheus stores samples every 5 s. */
const silenceSeconds = 20;
const query = `delivery:failing or label_replace(absent_over_time(up[${silenceSeconds}s]), "job", "prometheus", "", "")`;

/**
 * The parts as `./vitrine status` shows them: one that runs, but gets or keeps no telemetry at present, is not ready.
 */
export async function withDelivery(
  parts: readonly PartStatus[],
  prometheus: Prometheus,
): Promise<readonly PartStatus[]> {
  const isAsked = parts.some(({ part, state }) => part === 'prometheus' && state === 'ready');
  if (!isAsked) return parts;
  const problems = await findProblems(prometheus).catch(asProblem);
  return parts.map((one) => {
    const reasons = problems.filter(({ part }) => part === one.part).map(({ why }) => why);
    if (one.state !== 'ready' || reasons.length === 0) return one;
    return { ...one, state: 'not ready', detail: [one.detail ?? [], reasons].flat().join('; ') };
  });
}

/** A sentence for each part that gets or keeps no telemetry at present, and one when Prometheus cannot be asked. */
export async function deliveryNotices(prometheus: Prometheus): Promise<readonly string[]> {
  try {
    return (await findProblems(prometheus)).map(({ part, why }) => `${part}: ${why}.`);
  } catch (error) {
    return asProblem(error).map(({ why }) => why);
  }
}

/** Whether the collector could not deliver to `part` in the minute after `fromMs`. Throws a BackendError. */
export async function wasUndelivered(
  prometheus: Prometheus,
  part: 'jaeger' | 'loki',
  fromMs: number,
): Promise<boolean> {
  const atMs = Math.min(fromMs + 60_000, Date.now());
  const failing = `max_over_time(delivery:failing{exporter=~".*/${part}"}[1m])`;
  const found = await prometheus.within(answerLimitMs).query(failing, atMs);
  return found.some(({ labels }) => partOf(labels.exporter) === part);
}

async function findProblems(prometheus: Prometheus): Promise<readonly Problem[]> {
  const limited = prometheus.within(answerLimitMs);
  const found = (await limited.query(query)).flatMap(({ labels }) => problemOf(labels) ?? []);
  const isSilent = found.some(({ part }) => part === 'prometheus');
  // A Prometheus that has just started had no time to store anything.
  const isNew = isSilent && Date.now() - (await limited.startedAtMs()) < silenceSeconds * 1000;
  const inOrder = found.toSorted((one, other) => partNames.indexOf(one.part) - partNames.indexOf(other.part));
  return isNew ? [] : inOrder;
}

function problemOf({ exporter, job }: Labels): Problem | undefined {
  if (exporter !== undefined) {
    const part = partOf(exporter);
    const receiver = part === undefined ? exporter : 'it';
    return {
      part: part ?? 'otel-collector',
      why: `the collector cannot deliver to ${receiver}: ./vitrine logs otel-collector says why`,
    };
  }
  switch (job) {
    case 'loki':
      return { part: 'loki', why: 'its disk is full, so a restart would lose log lines' };
    case 'services':
      return { part: 'prometheus', why: 'it cannot read the metrics of the services from the collector' };
    case 'prometheus':
      return {
        part: 'prometheus',
        why: `it has stored nothing for ${silenceSeconds} s: ./vitrine logs prometheus says why`,
      };
    default:
      return undefined;
  }
}

/** The part that an exporter of otel-collector-config.yaml is named after: `loki` for `otlp_http/loki`. */
function partOf(exporter = ''): PartName | undefined {
  return partNames.find((name) => exporter.endsWith(`/${name}`));
}

function asProblem(error: unknown): readonly Problem[] {
  if (error instanceof LabError) return [{ part: 'prometheus', why: error.message }];
  throw error;
}
