import type { Alert, Labels } from './query/prometheus.ts';

/**
 * Labels that tell alerts of one name apart: a service, or a part of the pipeline; of an objective also the window in
 * which it is missed.
 */
export const subjectLabels = ['service_name', 'job', 'exporter', 'objective', 'window'] as const;

/** What an alert is about, such as `loki`, or `frontend latency 1h`; empty when its labels do not say. */
export function alertSubject(labels: Labels): string {
  return subjectLabels.flatMap((name) => labels[name] || []).join(' ');
}

/** `HighErrorRate of frontend`, `PipelineDown of loki`. */
export function alertTitle({ name, labels }: Pick<Alert, 'name' | 'labels'>): string {
  const subject = alertSubject(labels);
  return subject === '' ? name : `${name} of ${subject}`;
}
