import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { alertSubject } from '../alert-title.ts';
import type { Labels } from '../query/prometheus.ts';

/** An alert as Alertmanager has sent it. Times are milliseconds since the epoch. */
export type ReceivedAlert = {
  receivedMs: number;
  status: 'firing' | 'resolved';
  name: string;
  labels: Labels;
  subject: string;
  severity: string;
  summary: string;
  sinceMs: number;
};

const kept = 200;

/** Half of a surrogate pair cannot be part of an address. */
const wellFormed = z.string().transform((text) => text.toWellFormed());

/** The webhook's message; source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
const messageSchema = z.object({
  alerts: z.array(
    z.object({
      status: z.enum(['firing', 'resolved']),
      labels: z.record(z.string(), wellFormed),
      annotations: z.record(z.string(), z.string()),
      startsAt: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
    }),
  ),
});

/** Records what Alertmanager sends; the oldest alerts are forgotten. */
export function createInbox() {
  let alerts: readonly ReceivedAlert[] = [];
  /** Alertmanager sends all alerts of a group again when one of them changes, and now and then when none does. */
  const isKnown = ({ status, labels, sinceMs }: ReceivedAlert) => {
    const last = alerts.find((one) => isDeepStrictEqual(one.labels, labels));
    return last?.status === status && last.sinceMs === sinceMs;
  };
  return {
    /** Every alert that is kept, the newest first. */
    alerts: () => alerts,
    /** Returns the alerts of a message that has just arrived, as far as they are news; undefined when it is none. */
    receive(message: unknown): readonly ReceivedAlert[] | undefined {
      const { data } = messageSchema.safeParse(message);
      const sent = data?.alerts.map(({ status, labels, annotations, startsAt }) => ({
        ...{ receivedMs: Date.now(), status, labels, sinceMs: startsAt },
        name: labels.alertname ?? '',
        subject: alertSubject(labels),
        severity: labels.severity ?? '',
        summary: annotations.summary ?? '',
      }));
      const news = sent?.filter((alert) => !isKnown(alert));
      alerts = [...(news ?? []), ...alerts].slice(0, kept);
      return news;
    },
  };
}
