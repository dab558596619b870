import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { trace } from '@opentelemetry/api';
import type { NextFunction, Request, RequestHandler } from 'express';
import type { Api } from '../api';
import { HttpError, unavailable } from '../http-error';
import { type Logger, logEvent } from '../logger';
import { FAULT_KINDS, type FaultKind, logs, metrics } from '../registry/kit';
import { observe } from '../telemetry/instruments';
import { type Fault, type FaultReport, fieldsOf, kindsOf } from './fault';
import { addFaultRoutes } from './routes';

/** The faults that an operator causes in a service on purpose, one at a time. */
export interface Faults {
  /** Finds out whether the request is affected. It runs before anything else is done for the request. */
  mark: RequestHandler;
  /** Lets an affected request wait or fail. It runs before the body is read. */
  interfere: RequestHandler;
  /** Returns how much longer each statement of the request at work has to take. */
  databaseLatencyMs(): number;
  /** Declares the switch: `GET`, `PUT` and `DELETE /internal/faults`. */
  addRoutes(api: Api): void;
}

interface FaultsOptions {
  /** The name of the service, which its failures have. */
  service: string;
  /** The operator's; without one there are no faults. */
  token: string | undefined;
  logger: Logger;
}

interface ActiveFault extends FaultReport {
  /** Returns the pattern of the path's route. */
  routeOf(path: string): string | undefined;
  timer: NodeJS.Timeout;
  ending: AbortController;
}

interface AffectedRequest {
  fault: ActiveFault;
  route: string | undefined;
  /** Tells on the request's span what was done to it, unless the fault is hidden. */
  show(kind: FaultKind): void;
}

/** What the service answers in any case. */
const SPARED = /^\/(?:healthz|readyz|internal|openapi\.json|static)(?:\/|$)/i;

/** Creates the faults of a service, none of which is active; undefined without a token. */
export function createFaults({ service, token, logger }: FaultsOptions): Faults | undefined {
  let active: ActiveFault | undefined;
  const visible = () => (active?.hidden ? undefined : active);
  observe(metrics.faultActive, (tell) => {
    const shown = visible();
    const kinds = shown ? kindsOf(shown) : [];
    for (const kind of FAULT_KINDS) tell(kinds.includes(kind) ? 1 : 0, { 'vitrine.fault.kind': kind });
  });
  if (token === undefined) return undefined;

  const affected = new AsyncLocalStorage<AffectedRequest>();
  /** The request at work, while the fault that affects it is active. */
  const current = () => {
    const request = affected.getStore();
    return request?.fault === active ? request : undefined;
  };

  function begin(fault: Fault, patterns: readonly string[]): FaultReport {
    end('replaced');
    const durationMs = fault.duration_s * 1000;
    const report = { ...fault, ends_at: new Date(Date.now() + durationMs).toISOString() };
    const timer = setTimeout(end, durationMs, 'expired').unref();
    active = { ...report, routeOf: routeFinder(patterns), timer, ending: new AbortController() };
    if (!fault.hidden) logEvent(logger, logs.faultStarted, fieldsOf(fault));
    return report;
  }

  function end(reason: 'expired' | 'deleted' | 'replaced'): void {
    if (!active) return;
    const { timer, ending, ...fault } = active;
    active = undefined;
    clearTimeout(timer);
    ending.abort();
    logEvent(logger, logs.faultEnded, { ...fieldsOf(fault), 'vitrine.fault.end_reason': reason });
  }

  async function harm(request: Request, { fault, route, show }: AffectedRequest, next: NextFunction) {
    const waitMs = fault.latency_ms + Math.random() * fault.latency_jitter_ms;
    if (waitMs > 0) {
      show('latency');
      await delay(waitMs, undefined, { signal: fault.ending.signal }).catch(() => undefined);
    }
    if (current() && Math.random() < fault.error_rate) {
      show('error');
      // As if the route's own handler had failed.
      if (route !== undefined) request.route = { path: route };
      throw failure(service, fault.error_status);
    }
    next();
  }

  return {
    mark({ path }, _response, next) {
      if (!active || SPARED.test(path)) return next();
      const fault = active;
      const route = fault.routeOf(path);
      const { routes } = fault;
      if (routes.length > 0 && (route === undefined || !routes.includes(route))) return next();
      affected.run({ fault, route, show: fault.hidden ? () => undefined : kindsOnSpan() }, next);
    },
    interfere(request, _response, next) {
      const marked = active && current();
      return marked ? harm(request, marked, next) : next();
    },
    databaseLatencyMs() {
      const request = active && current();
      if (!request?.fault.db_latency_ms) return 0;
      request.show('db_latency');
      return request.fault.db_latency_ms;
    },
    addRoutes(api) {
      const report = () => {
        const shown = visible();
        if (!shown) return null;
        const { routeOf, timer, ending, ...fault } = shown;
        return fault;
      };
      addFaultRoutes(api, { token, report, begin, end: () => end('deleted') });
    },
  };
}

/** Adds kinds to an attribute of the span that is active now. */
function kindsOnSpan(): AffectedRequest['show'] {
  const span = trace.getActiveSpan();
  const shown = new Set<FaultKind>();
  return (kind) => {
    shown.add(kind);
    span?.setAttribute('vitrine.fault.kind', FAULT_KINDS.filter((each) => shown.has(each)).join(','));
  };
}

/** Finds the route of a path among patterns, which have those without parameters first. */
function routeFinder(patterns: readonly string[]): ActiveFault['routeOf'] {
  const routes = patterns.map((pattern) => ({
    pattern,
    shape: new RegExp(`^${pattern.replace(/:\w+/g, '[^/]+')}/?$`, 'i'),
  }));
  return (path) => routes.find(({ shape }) => shape.test(path))?.pattern;
}

/** Creates the error that looks like any other of the service. It has no stack: that would lead here and to no cause. */
function failure(service: string, status: number): HttpError {
  const outage = unavailable(service);
  const message = status === 500 ? logs.bug.message : outage.message;
  const error = status === 503 ? outage : new HttpError(status, message);
  delete error.stack;
  return error;
}
