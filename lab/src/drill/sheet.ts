import { z } from 'zod';
import { lastingAlerts, type WatchedAlert } from '../scenario/alert-watch.ts';
import type { PartStatus } from '../stack.ts';
import { sanitizeForTerminal } from '../trace-view/label.ts';
import { allowedCauses, allowedParts } from './answer.ts';
import { causeNames, causes, type Level, levels } from './situation.ts';

const looked = ['grafana', 'console', 'prometheus', 'jaeger', 'loki'] as const;
const shows: Record<(typeof looked)[number], string> = {
  grafana: 'dashboards',
  console: 'one request with its log lines',
  prometheus: 'metrics and alerts',
  jaeger: 'traces',
  loki: 'log lines',
};

const time = z.iso.datetime();
/** What somebody on call gets to see: an alert or a complaint, and never the cause. */
export const sheetSchema = z.object({
  level: z.literal(levels),
  at: time,
  /** Later answers do not count. */
  until: time,
  alert: z
    .object({
      name: z.string(),
      labels: z.record(z.string(), z.string()),
      state: z.enum(['pending', 'firing']),
      since: time,
      summary: z.string(),
    })
    .optional(),
  complaint: z.string().optional(),
  /** Addresses. */
  backends: z.partialRecord(z.enum(looked), z.string()),
  /** What can be answered, and for how many parts. */
  answers: z.object({
    parts: z.array(z.enum(allowedParts)),
    causes: z.array(z.enum(allowedCauses)),
    at_most: z.number(),
  }),
});
export type Sheet = z.output<typeof sheetSchema>;

export type SheetOptions = {
  level: Level;
  untilMs: number;
  /** Shown if there is no alert. */
  complaint: string;
  alert: WatchedAlert | undefined;
  parts: readonly PartStatus[];
  /** Whether a part can be hanging here. */
  canPause?: boolean;
};

export function createSheet({
  level,
  untilMs,
  complaint,
  alert,
  parts,
  canPause = true,
}: SheetOptions): Sheet {
  const addresses = looked.flatMap((name) => {
    const found = parts.find(({ part, state }) => part === name && state !== 'unavailable');
    return found ? [[name, found.address]] : [];
  });
  return {
    ...{ level, at: iso(Date.now()), until: iso(untilMs) },
    ...(alert ? { alert: shownAlert(alert) } : { complaint }),
    backends: Object.fromEntries(addresses),
    answers: {
      parts: [...allowedParts],
      causes: allowedCauses.filter((cause) => canPause || cause !== 'hanging'),
      at_most: findingsAt(level),
    },
  };
}

/** The most parts that can be at fault. */
export function findingsAt(level: Level): number {
  return level === 3 ? 2 : 1;
}

/** The alert that somebody is called for: that of customers before that of what is behind. */
export function chooseAlert(active: readonly WatchedAlert[]): WatchedAlert | undefined {
  // One that lasts may be left from before.
  const telling = active.filter(({ name }) => !lastingAlerts.includes(name));
  return telling.find(({ labels }) => labels.service_name === 'frontend') ?? telling[0];
}

function shownAlert({
  name,
  labels: { alertname: _, ...labels },
  annotations,
  pendingMs,
  firingMs,
}: WatchedAlert) {
  return {
    ...{ name, labels: { ...labels }, since: iso(pendingMs), summary: annotations.summary ?? '' },
    state: firingMs === undefined ? ('pending' as const) : ('firing' as const),
  };
}

const odds: Record<Level, string> = {
  1: 'One part may be at fault, or none.',
  2: 'One part may be at fault, or only look so.',
  3: 'Two parts may be at fault, or none.',
};

/** The sheet for a terminal of 80 columns. */
export function sheetLines(
  { level, until, alert, complaint = '', backends, answers }: Sheet,
  bold: (text: string) => string,
): string[] {
  const news = alert
    ? [`${alert.name} is ${alert.state} since ${clock(alert.since)}:`, `${alert.summary}.`]
    : [complaint];
  const row = (name: string, address: string, what: string) =>
    `  ${name.padEnd(10)}  ${address.padEnd(24)}  ${what}`.trimEnd();
  return [
    bold('You are on call.'),
    ...news.map((line) => `  ${sanitizeForTerminal(line)}`),
    '',
    bold('Look around'),
    ...looked.flatMap((name) => (backends[name] ? [row(name, backends[name], shows[name])] : [])),
    row('terminal', './vitrine trace', 'also logs, status'),
    '',
    `${bold('Say what you found')} by ${clock(until)}. ${odds[level]}`,
    `  ./vitrine drill answer --part <part> --cause <cause> --evidence <trace id>`,
    ...wrap(`parts: ${answers.parts.join(', ')}`),
    '  causes:',
    ...causeNames
      .filter((cause) => answers.causes.includes(cause))
      .map((cause) => `    ${cause.padEnd(8)} ${causes[cause]}`),
    '    nothing  with the part none: all is well',
    ...(answers.at_most > 1 ? ['  Two parts are named by giving the options twice.'] : []),
    '',
    `${bold('Repair it')} if you like: ./vitrine restart, start${answers.causes.includes('hanging') ? ', resume' : ''}. Then see how you did:`,
    '  ./vitrine drill done',
  ];
}

/** Breaks a list into indented lines of at most 80 characters. */
function wrap(text: string): string[] {
  return text.match(/\S.{0,73}(?= |$)/g)?.map((line, index) => `  ${index > 0 ? '  ' : ''}${line}`) ?? [];
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** The time of day here, as a person reads it. */
function clock(time: string): string {
  return new Date(time).toLocaleTimeString('en-GB');
}
