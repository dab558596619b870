import { alertTitle } from '../alert-title.ts';
import { asTyped } from '../kubernetes/cluster.ts';
import { modeWords } from '../shop-record.ts';
import { formatDuration, serviceNumber } from '../trace-view/label.ts';
import type { Facts } from './facts.ts';
import {
  formatCount,
  formatElapsed,
  formatSeconds,
  formatShare,
  formatUtcDay,
  formatUtcTime,
} from './format.ts';
import { alertStates, timeAxis } from './time-axis.ts';

const maxLogLines = 30;
const maxBodyLength = 400;

/** What a report says, in the same words and figures whatever its format. Texts are not escaped. */
export type ReportContent = ReturnType<typeof reportContent>;

/** A time, from the start of the fault (`+0:27`) and of the day in UTC. */
export type Moment = { elapsed: string; clock: string };

/** The part of a lane that a phase, the fault or a state of an alert takes, in percent of the whole time. */
export type Bar = { kind: string; start: number; width: number; words: string };

export function reportContent(facts: Facts) {
  const axis = timeAxis(facts);
  const moment = (ms: number): Moment => {
    const elapsed = formatElapsed(axis.second(ms));
    return { elapsed: elapsed.startsWith('−') ? elapsed : `+${elapsed}`, clock: formatUtcTime(ms) };
  };
  const fault = facts.fault;
  return {
    name: facts.name,
    title: facts.title,
    story: facts.story,
    setting: [
      `${formatUtcDay(axis.startMs)}, ${formatUtcTime(axis.startMs)} to ${formatUtcTime(axis.endMs)} UTC`,
      modeWords[facts.mode],
      ...(facts.isFast ? ['fast run'] : []),
    ].join(' · '),
    outcome: facts.outcome,
    verdict: facts.verdict ?? verdictOf(facts),
    reasons: facts.reasons,
    figures: keyFigures(facts),
    fault: {
      what: fault.what,
      begun: moment(fault.startMs),
      undone: fault.endMs === undefined ? undefined : moment(fault.endMs),
      lasted: formatSeconds(fault.endMs === undefined ? undefined : axis.second(fault.endMs)),
    },
    lanes: lanesOf(facts),
    marks: marksOf(facts),
    timeline: facts.timeline.map(({ atMs, what, source }) => {
      return { ...moment(atMs), what, source, phase: phaseAt(facts, atMs) };
    }),
    checks: facts.checks.map(({ phase, what, source, outcome, afterSeconds, withinSeconds, lastSeen }) => {
      const after = formatSeconds(afterSeconds);
      return { phase, what, source, outcome, after, within: formatSeconds(withinSeconds), lastSeen };
    }),
    alerts: facts.alerts.map((alert) => ({
      title: alertTitle(alert),
      labels: Object.entries(alert.labels).map(([name, value]) => `${name}="${value}"`),
      summary: alert.summary,
      description: alert.description,
      runbookUrl: webAddress(alert.runbookUrl),
      states: alertStates(alert).map(({ state, atMs }) => ({ state, ...moment(atMs) })),
    })),
    traces: facts.traces.map(({ traceId, request, startMs, durationMs, what, links }) => ({
      ...{ traceId, request, what, ...moment(startMs), duration: formatDuration(durationMs) },
      command: asTyped(`./vitrine trace ${traceId}`),
      links: links.filter(({ url }) => webAddress(url) !== undefined),
    })),
    logLines: facts.logLines.slice(0, maxLogLines).map(({ atMs, service, level, body, traceId }) => ({
      ...{ ...moment(atMs), service, level, body: shorten(body), traceId },
      isBad: /^(?:error|fatal|critical)$/i.test(level),
      tone: serviceNumber(service),
    })),
    logLinesLeftOut: Math.max(0, facts.logLines.length - maxLogLines),
    improvements: facts.improvements,
  };
}

function verdictOf({ outcome, checks }: Facts): string {
  const met = checks.filter((check) => check.outcome === 'seen').length;
  const count = `${met} of ${checks.length} expectations were met`;
  return {
    passed: `Passed: ${count}.`,
    failed: `Failed: ${count}.`,
    void: 'Void: the shop was not known to be healthy before, so nothing was broken and nothing proved.',
  }[outcome];
}

function keyFigures({ secondsToDetect, secondsToRecover, requests }: Facts) {
  const { total, failed, objective, budgetBurnt } = requests;
  const share = total > 0 ? `${formatShare(failed / total)} ` : '';
  return [
    {
      label: 'Time to detect',
      value: formatSeconds(secondsToDetect),
      note:
        secondsToDetect === undefined
          ? 'no expected alert fired'
          : 'from the fault to the first expected alert',
    },
    {
      label: 'Time to recover',
      value: formatSeconds(secondsToRecover),
      note:
        secondsToRecover === undefined
          ? 'the recovery was not seen'
          : 'from the end of the fault until all was well',
    },
    { label: 'Requests failed', value: formatCount(failed), note: `${share}of ${formatCount(total)}` },
    {
      label: 'Error budget burnt',
      value: formatShare(budgetBurnt ?? Number.NaN),
      note: `of what ${formatShare(objective, 6)} allows in 30 days`,
    },
  ];
}

function lanesOf(facts: Facts): { label: string; bars: Bar[] }[] {
  const { endMs, share } = timeAxis(facts);
  const position = (ms: number) => percent(Math.min(1, Math.max(0, share(ms))));
  const bar = (kind: string, fromMs: number, toMs: number, words = kind): Bar => {
    const start = position(fromMs);
    return { kind, start, width: Number((position(toMs) - start).toFixed(2)), words };
  };
  const { phases, fault, alerts } = facts;
  return [
    { label: 'Phase', bars: phases.map(({ name, ...phase }) => bar(name, phase.startMs, phase.endMs)) },
    { label: 'Fault', bars: [bar('broken', fault.startMs, fault.endMs ?? endMs, fault.what)] },
    ...alerts.map((alert) => ({
      label: alertTitle(alert),
      bars: alertStates(alert).flatMap(({ state, atMs }, index, all) => {
        return state === 'resolved' ? [] : [bar(state, atMs, all[index + 1]?.atMs ?? endMs)];
      }),
    })),
  ];
}

/** The labels of the lanes' scale, with their positions in percent. */
function marksOf(facts: Facts): { label: string; position: number }[] {
  const { share, ticks } = timeAxis(facts);
  return ticks.map((seconds) => {
    return { label: formatElapsed(seconds), position: percent(share(facts.fault.startMs + seconds * 1000)) };
  });
}

function percent(share: number): number {
  return Number((100 * share).toFixed(2));
}

function phaseAt({ phases }: Facts, ms: number): string {
  return phases.findLast(({ startMs }) => startMs <= ms)?.name ?? 'control';
}

/** The address if a browser should open it; others run scripts. */
function webAddress(url: string | undefined): string | undefined {
  return url !== undefined && /^https?:\/\//i.test(url) ? url : undefined;
}

function shorten(body: string): string {
  if (body.length <= maxBodyLength) return body;
  return `${body.slice(0, maxBodyLength).toWellFormed()}… (${formatCount(body.length)} characters)`;
}
