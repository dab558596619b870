import { reachableHost } from '../addresses.ts';
import { alertTitle } from '../alert-title.ts';
import type { LogLine } from '../query/loki.ts';
import type { Prometheus, Series } from '../query/prometheus.ts';
import type { Span, Trace } from '../query/span.ts';
import type { Facts } from '../report/facts.ts';
import type { Settings } from '../settings.ts';
import type { Mode } from '../shop-record.ts';
import { isFailure, levelOf, spanLabel, spanOutcome } from '../trace-view/label.ts';
import { isAlert, type WatchedAlert } from './alert-watch.ts';
import type { Backends } from './check.ts';
import type { Run } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';

/** Of 200 pages one may fail. */
const objective = 0.995;
const month = 30 * 24 * 3600;
const stepSeconds = 5;
const maxTraces = 5;
const maxLines = 30;

type Options = {
  scenario: Pick<Scenario, 'name' | 'title' | 'story' | 'signs' | 'improve'>;
  run: Run;
  backends: Backends;
  settings: Settings;
  mode: Mode;
  isFast: boolean;
};

/** Asks the backends for what a post-mortem of the run shows. Throws a BackendError when one cannot be asked. */
export async function gatherFacts({
  scenario,
  run,
  backends,
  settings,
  mode,
  isFast,
}: Options): Promise<Facts> {
  const { name, title, story, improve: improvements } = scenario;
  const startMs = run.phases[0]?.startMs ?? Date.now();
  const endMs = run.phases.at(-1)?.endMs ?? Date.now();
  const whole = { startMs, endMs };
  const faultEndMs = run.fault.endMs ?? endMs;
  const [plots, requests, traces, logLines] = await Promise.all([
    plotsOf(backends.prometheus, whole),
    countRequests(backends.prometheus, whole),
    worstTraces(run, backends, linksTo(settings, mode)),
    tellingLines(backends, { startMs: run.fault.startMs, endMs: faultEndMs }),
  ]);
  const alerts = run.alerts.filter(({ resolvedMs = endMs }) => resolvedMs >= startMs);
  const [detector] = alerts
    .flatMap(({ firingMs = Number.POSITIVE_INFINITY, ...alert }) =>
      isExpected(alert, scenario) && firingMs >= run.fault.startMs && firingMs <= faultEndMs
        ? [{ ...alert, firingMs }]
        : [],
    )
    .toSorted((one, other) => one.firingMs - other.firingMs);
  const recovered = run.checks.filter(({ phase }) => phase === 'recovery');
  return {
    ...{ name, title, story, mode, isFast, improvements },
    ...{ outcome: run.outcome, reasons: [...run.reasons], phases: run.phases, fault: run.fault },
    ...(run.verdict && { verdict: run.verdict }),
    timeline: timelineOf({ ...run, alerts }, traces, logLines),
    checks: [...run.checks],
    alerts: alerts.map(({ name, labels: { alertname: _, ...labels }, annotations, ...times }) => ({
      ...{ name, labels, ...times },
      summary: annotations.summary ?? '',
      description: annotations.description ?? '',
      ...(annotations.runbook_url && { runbookUrl: annotations.runbook_url }),
    })),
    ...(detector && {
      secondsToDetect: secondsBetween(run.fault.startMs, detector.firingMs),
      detectedBy: alertTitle(detector),
    }),
    ...(recovered.every(({ outcome }) => outcome === 'seen') &&
      recovered.length > 0 && {
        secondsToRecover: Math.max(...recovered.map(({ afterSeconds = 0 }) => afterSeconds)),
      }),
    requests,
    ...{ plots, traces, logLines },
  };
}

function isExpected(alert: Pick<WatchedAlert, 'name' | 'labels'>, { signs }: Options['scenario']): boolean {
  return signs.some((sign) => 'alert' in sign && isAlert(alert, sign.alert, sign.labels));
}

function secondsBetween(startMs: number, endMs: number): number {
  return Math.round((endMs - startMs) / 100) / 10;
}

const byService = (metric: string, more = '') => `sum by (service_name) (rate(${metric}{${more}}[20s]))`;
const count = 'http_server_request_duration_seconds_count';

async function plotsOf(
  prometheus: Prometheus,
  range: { startMs: number; endMs: number },
): Promise<Facts['plots']> {
  const failed = byService(count, 'http_response_status_code=~"5.."');
  const rate = byService(count);
  const p95 = `histogram_quantile(0.95, sum by (service_name, le) (rate(http_server_request_duration_seconds_bucket[20s])))`;
  const [rates, errors, latencies] = await Promise.all(
    [rate, `100 * (${failed} / ${rate} or ${rate} * 0)`, `1000 * ${p95}`].map((expression) =>
      prometheus.queryRange(expression, { ...range, stepSeconds }),
    ),
  );
  return [
    { title: 'Requests', unit: 'requests/s', series: linesOf(rates) },
    {
      title: 'Answers with 5xx',
      unit: '%',
      threshold: { value: 5, label: 'HighErrorRate' },
      series: linesOf(errors),
    },
    {
      title: 'Duration, 95th percentile',
      unit: 'ms',
      threshold: { value: 500, label: 'HighLatency' },
      series: linesOf(latencies),
    },
  ];
}

function linesOf(series: readonly Series[] = []): Facts['plots'][number]['series'] {
  return series.map(({ labels, points }) => ({
    name: labels.service_name ?? 'unknown',
    points: points.map(({ atMs, value }) => ({ atMs, value: Number.isFinite(value) ? value : null })),
  }));
}

async function countRequests(
  prometheus: Prometheus,
  { startMs, endMs }: { startMs: number; endMs: number },
): Promise<Facts['requests']> {
  const seconds = Math.max(1, Math.ceil((endMs - startMs) / 1000));
  const sum = async (more: string) => {
    const labels = `service_name="frontend"${more}`;
    const [sample] = await prometheus.query(`sum(increase(${count}{${labels}}[${seconds}s]))`, endMs);
    return Math.round(sample?.value ?? 0);
  };
  const [total, failed] = await Promise.all([sum(''), sum(',http_response_status_code=~"5.."')]);
  const allowed = (1 - objective) * (total / seconds) * month;
  return { total, failed, objective, budgetBurnt: allowed > 0 ? failed / allowed : null };
}

type Link = Facts['traces'][number]['links'][number];

/**
 * The addresses of a trace. A native Jaeger has no pages; the console runs by itself only without Docker. The address of a
 * cluster's Jaeger is known if JAEGER_URL is set.
 */
function linksTo({ ports, values }: Settings, mode: Mode): (traceId: string) => Link[] {
  const host = reachableHost(values.BIND_ADDRESS);
  if (mode === 'native')
    return (traceId) => [{ label: 'console', url: `http://${host}:${ports.console}/trace/${traceId}` }];
  const jaeger = values.JAEGER_URL ?? (mode === 'docker' ? `http://${host}:${ports.jaeger}` : undefined);
  return (traceId) => (jaeger === undefined ? [] : [{ label: 'Jaeger', url: `${jaeger}/trace/${traceId}` }]);
}

async function worstTraces(
  run: Run,
  { jaeger }: Backends,
  links: (traceId: string) => Link[],
): Promise<Facts['traces']> {
  const found = await Promise.all(run.traceIds.slice(0, 20).map((id) => jaeger.traceById(id)));
  const traces = found.flatMap((trace) => trace ?? []);
  const [startMs, endMs] = [run.fault.startMs, run.fault.endMs ?? Number.POSITIVE_INFINITY];
  return traces
    .flatMap((trace) => {
      const root = trace.spans.find(({ parentSpanId }) => parentSpanId === undefined) ?? trace.spans[0];
      if (root === undefined || root.startMs < startMs || root.startMs > endMs) return [];
      const { traceId, startMs: atMs, durationMs } = root;
      return [
        {
          traceId,
          request: root.name,
          startMs: atMs,
          durationMs,
          what: explain(trace),
          links: links(traceId),
        },
      ];
    })
    .toSorted((one, other) => other.durationMs - one.durationMs)
    .slice(0, maxTraces);
}

/** A sentence about the innermost span that failed, or else the one that took most of the time itself. */
function explain({ spans }: Trace): string {
  const childrenOf = (parent: Span) => spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId);
  const failed = spans.filter((span) => isFailure(span) && !childrenOf(span).some(isFailure));
  const [culprit] = failed;
  if (culprit) {
    const reason = culprit.statusMessage ? `: ${culprit.statusMessage}` : '';
    return `${culprit.service}: ${spanLabel(culprit)} failed with ${spanOutcome(culprit)}${reason}`;
  }
  const own = (span: Span) =>
    span.durationMs - childrenOf(span).reduce((sum, child) => sum + child.durationMs, 0);
  const slowest = spans.toSorted((one, other) => own(other) - own(one))[0];
  if (slowest === undefined) return 'it has no spans';
  return `${slowest.service}: ${spanLabel(slowest)} took ${Math.round(own(slowest))} ms itself`;
}

/** Warnings and errors while the fault lasted, at most a few of each message of each service. */
async function tellingLines(
  { loki }: Backends,
  range: { startMs: number; endMs: number },
): Promise<Facts['logLines']> {
  const query = '{service_namespace="vitrine"} | severity_text=~`(?i)warn|error|fatal`';
  const lines = await loki.queryRange(query, { ...range, limit: 1000, direction: 'forward' });
  const seen = new Map<string, number>();
  const few = lines.filter((line) => {
    const key = `${line.labels.service_name}: ${line.body}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
    return (seen.get(key) ?? 0) <= 3;
  });
  return few.slice(0, maxLines).map((line: LogLine) => ({
    ...{ atMs: line.atMs, body: line.body, level: levelOf(line) },
    service: line.labels.service_name ?? 'unknown',
    ...(line.metadata.trace_id && { traceId: line.metadata.trace_id }),
  }));
}

function timelineOf(run: Run, traces: Facts['traces'], logLines: Facts['logLines']): Facts['timeline'] {
  const entries: Facts['timeline'] = [
    ...run.phases
      .slice(0, 1)
      .map(({ startMs }) => ({ atMs: startMs, what: 'the control begins', source: 'scenario' as const })),
    ...(run.outcome === 'void'
      ? []
      : [{ atMs: run.fault.startMs, what: run.fault.what, source: 'scenario' as const }]),
    ...run.sightings.filter(({ what }) => !/ (?:fires|is resolved)$/.test(what)),
    ...run.alerts.flatMap(({ name, labels, pendingMs, firingMs, resolvedMs }) => {
      const alert = alertTitle({ name, labels });
      const at = (atMs: number | undefined, what: string) =>
        atMs === undefined ? [] : [{ atMs, what: `${alert} ${what}`, source: 'prometheus' as const }];
      return [...at(pendingMs, 'is pending'), ...at(firingMs, 'fires'), ...at(resolvedMs, 'is resolved')];
    }),
    ...traces
      .toSorted((one, other) => one.startMs - other.startMs)
      .slice(0, 1)
      .map(({ startMs, request, what }) => ({
        atMs: startMs,
        what: `${request}: ${what}`,
        source: 'jaeger' as const,
      })),
    ...logLines.slice(0, 1).map(({ atMs, service, body }) => ({
      atMs,
      what: `${service} logs “${body}”`,
      source: 'loki' as const,
    })),
  ];
  if (run.outcome !== 'void' && run.fault.endMs !== undefined)
    entries.push({ atMs: run.fault.endMs, what: 'the fault is undone', source: 'scenario' });
  return entries.toSorted((one, other) => one.atMs - other.atMs);
}
