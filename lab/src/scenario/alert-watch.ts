import { setTimeout as wait } from 'node:timers/promises';
import { LabError } from '../lab-error.ts';
import type { Alert, Labels, Prometheus } from '../query/prometheus.ts';

/** One alert of one set of labels, from when it was first seen pending. Times are milliseconds since the epoch. */
export type WatchedAlert = Pick<Alert, 'name' | 'labels' | 'annotations'> & {
  pendingMs: number;
  firingMs?: number;
  /** When it was neither pending nor firing any more. */
  resolvedMs?: number;
};

export type AlertWatch = {
  /** Every alert that was active since the watch began, the earliest first. */
  seen: () => readonly WatchedAlert[];
  /** Why Prometheus could not be asked the last time. */
  problem: () => string | undefined;
  stop: () => Promise<void>;
};

const betweenMs = 1000;

/** Alerts that look back for minutes, and so may last long after a repair. */
export const lastingAlerts: readonly string[] = ['TelemetryLost', 'ErrorBudgetBurn'];

/** Asks Prometheus for its alerts every second until it is stopped. */
export function watchAlerts(prometheus: Prometheus): AlertWatch {
  const stopping = new AbortController();
  const seen: WatchedAlert[] = [];
  let problem: string | undefined;

  const look = async () => {
    const active = (await prometheus.alerts()).filter(({ state }) => state !== 'inactive');
    const now = Date.now();
    const same = (alert: Alert) =>
      seen.find((one) => one.resolvedMs === undefined && isAlert(one, alert.name, alert.labels));
    for (const one of seen) {
      if (one.resolvedMs === undefined && !active.some((alert) => same(alert) === one)) one.resolvedMs = now;
    }
    for (const alert of active) {
      const known = same(alert);
      const { name, labels, annotations, activeAtMs: pendingMs, state } = alert;
      const entry: WatchedAlert = known ?? { name, labels, annotations, pendingMs };
      if (!known) seen.push(entry);
      // The text holds the value of the last evaluation.
      if (state === 'firing') Object.assign(entry, { annotations, firingMs: entry.firingMs ?? now });
    }
  };
  const run = async () => {
    while (!stopping.signal.aborted) {
      try {
        await look();
        problem = undefined;
      } catch (error) {
        if (!(error instanceof LabError)) throw error;
        problem = error.message;
      }
      await wait(betweenMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  // An error is thrown by `stop`: until then nobody waits for this.
  const running = run();
  running.catch(() => stopping.abort());

  return {
    seen: () => seen,
    problem: () => problem,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Whether the alert has this name and, among others, these labels. */
export function isAlert(alert: Pick<Alert, 'name' | 'labels'>, name: string, labels: Labels): boolean {
  return (
    alert.name === name && Object.entries(labels).every(([label, value]) => alert.labels[label] === value)
  );
}
