import { alertTitle } from '../alert-title.ts';
import { isAlert, lastingAlerts, type WatchedAlert } from './alert-watch.ts';
import { type Backends, type Check, describeValues, isHealthy, readValues, type Window } from './check.ts';

/** Recording rules look back a minute, and are evaluated every five seconds; CheckoutFailing keeps firing for another. */
const clearSeconds = 150;

/** What is expected after every repair: the signs of alerts and metrics are gone, and so are the fault's other alerts. */
export function recoveryChecks(
  signs: readonly Check[],
  backends: Backends,
  { control, fault }: { control: Window; fault: Window },
): readonly Check[] {
  return [...signs.flatMap((check) => gone(check, backends)), allResolved(backends, control, fault)];
}

/** After the repair a metric is within its bounds again, and an alert is resolved. Spans and log lines stay. */
function gone({ expectation, what }: Check, { alerts, prometheus }: Backends): Check[] {
  if (expectation === undefined) return [];
  const common = {
    expectation,
    isOfFault: false,
    source: 'prometheus' as const,
    withinSeconds: clearSeconds,
  };
  if ('alert' in expectation) {
    const { alert, labels } = expectation;
    const isActive = async () => {
      const problem = alerts.problem();
      const active = alerts.seen().find((one) => one.resolvedMs === undefined && isAlert(one, alert, labels));
      return {
        isMet: !active && !problem,
        lastSeen: problem ?? (active ? 'it is active' : 'it is resolved'),
      };
    };
    return [{ ...common, what: what.replace(/ fires$/, ' is resolved'), look: isActive }];
  }
  if (!('metric' in expectation)) return [];
  const isBack = async () => {
    const values = await readValues(prometheus, expectation.metric);
    const isMet = values.length > 0 && values.every((value) => isHealthy(value, expectation));
    return { isMet, lastSeen: describeValues(values) };
  };
  return [{ ...common, what: `no longer: ${what}`, look: isBack }];
}

/** An alert whose patience was not over at the repair may still begin to fire after it, and has to be resolved as well. */
function allResolved({ alerts }: Backends, control: Window, fault: Window): Check {
  const isOfFault = (one: WatchedAlert) =>
    !lastingAlerts.includes(one.name) && one.pendingMs >= fault.startMs && one.pendingMs <= fault.endMs;
  /** It came and went in the control, too: the machine is busy. */
  const isUsual = ({ name, labels }: WatchedAlert) =>
    alerts
      .seen()
      .some(
        (other) =>
          other.pendingMs < fault.startMs &&
          (other.resolvedMs ?? control.endMs) >= control.startMs &&
          isAlert(other, name, labels),
      );
  const look = async () => {
    const active = alerts
      .seen()
      .filter((one) => one.resolvedMs === undefined && isOfFault(one) && !isUsual(one));
    const names = active.map(alertTitle);
    const rest = alerts
      .seen()
      .filter(({ name, resolvedMs }) => resolvedMs === undefined && lastingAlerts.includes(name));
    const none =
      rest.length > 0
        ? `none is active but ${rest.map(alertTitle).join(', ')}, which looks back for minutes`
        : 'none is active';
    const state = names.length > 0 ? `active: ${names.join(', ')}` : none;
    return { isMet: names.length === 0 && !alerts.problem(), lastSeen: alerts.problem() ?? state };
  };
  const what = 'every alert that began with the fault is resolved';
  return { what, source: 'prometheus', withinSeconds: clearSeconds, isOfFault: false, look };
}
