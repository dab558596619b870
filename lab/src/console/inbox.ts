import { z } from 'zod';

/** An alert as Alertmanager has sent it. `of` names what it is about. Times are milliseconds since the epoch. */
export type ReceivedAlert = {
  receivedMs: number;
  status: 'firing' | 'resolved';
  name: string;
  of: string;
  severity: string;
  summary: string;
  sinceMs: number;
};

const kept = 200;

/** The webhook's message; source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
const messageSchema = z.object({
  alerts: z.array(
    z.object({
      status: z.enum(['firing', 'resolved']),
      labels: z.record(z.string(), z.string()),
      annotations: z.record(z.string(), z.string()),
      startsAt: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
    }),
  ),
});

/** Records what Alertmanager sends; the oldest alerts are forgotten. */
export function createInbox() {
  let alerts: readonly ReceivedAlert[] = [];
  return {
    /** Every alert that is kept, the newest first. */
    alerts: () => alerts,
    /** Returns the alerts of a message that has just arrived; undefined when it is none. */
    receive(message: unknown): readonly ReceivedAlert[] | undefined {
      const { data } = messageSchema.safeParse(message);
      const fresh = data?.alerts.map(({ status, labels, annotations, startsAt }) => ({
        ...{ receivedMs: Date.now(), status, sinceMs: startsAt },
        name: labels.alertname ?? '',
        of: labels.service_name ?? labels.job ?? labels.exporter ?? '',
        severity: labels.severity ?? '',
        summary: annotations.summary ?? '',
      }));
      alerts = [...(fresh ?? []), ...alerts].slice(0, kept);
      return fresh;
    },
  };
}
