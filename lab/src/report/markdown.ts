import type { Moment, ReportContent } from './content.ts';
import type { Plot } from './plots.ts';

/** The report as GitHub's Markdown. The texts in `content` come from logs and traces: none of them is read as markup. */
export function renderMarkdown(content: ReportContent, plots: readonly Plot[]): string {
  const { fault, alerts, traces, logLines, logLinesLeftOut } = content;
  const blocks = [
    `# ${escapeText(content.title)}`,
    escapeText(content.story),
    `**${escapeText(content.verdict)}**`,
    list(content.reasons.map(escapeText)),
    escapeText(content.setting),
    table(
      ['figure', 'value', 'meaning'],
      content.figures.map(({ label, value, note }) => [label, `**${value}**`, note]),
    ),
    '## What was done',
    list([
      `${at(fault.begun)} ${escapeText(fault.what)}`,
      fault.undone ? `${at(fault.undone)} undone, after ${fault.lasted}` : 'It was not undone.',
    ]),
    '## Timeline',
    content.timeline.length === 0
      ? 'Nothing was noted.'
      : table(
          ['from the fault', 'UTC', 'what', 'source'],
          content.timeline.map(({ elapsed, clock, what, source }) => [
            elapsed,
            clock,
            escapeText(what),
            source,
          ]),
        ),
    '## What was expected, and what was seen',
    content.checks.length === 0
      ? 'Nothing was expected.'
      : table(
          ['phase', 'expected', 'outcome', 'after', 'within', 'last seen', 'source'],
          content.checks.map(({ phase, what, outcome, after, within, lastSeen, source }) => {
            const words = outcome === 'seen' ? outcome : `**${outcome}**`;
            return [phase, escapeText(what), words, after, within, escapeText(lastSeen), source];
          }),
        ),
    '## Alerts',
    ...(alerts.length === 0 ? ['No alert was seen.'] : alerts.flatMap(alertBlocks)),
    '## Plots',
    ...(plots.length === 0 ? ['There are none.'] : plots.map(image)),
    '## Worst traces',
    traces.length === 0 ? 'No trace was found.' : list(traces.map(traceItem)),
    '## Log lines',
    logLines.length === 0 ? 'No log line was found.' : fence(logLines.map(logText)),
    logLinesLeftOut > 0 ? `report.json has ${logLinesLeftOut} more.` : '',
    '## What to improve',
    content.improvements.length === 0 ? 'Nothing was noted.' : list(content.improvements.map(escapeText)),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function alertBlocks(alert: ReportContent['alerts'][number]): string[] {
  const { title, labels, summary, description, runbookUrl, states } = alert;
  return [
    `### ${escapeText(title)}`,
    escapeText(labels.join(', ')),
    `**${escapeText(summary)}**`,
    escapeText(description),
    list(states.map(({ state, ...moment }) => `${at(moment)} ${state}`)),
    runbookUrl === undefined ? '' : link('Runbook', runbookUrl),
  ];
}

function traceItem(trace: ReportContent['traces'][number]): string {
  const { request, duration, what, command, links } = trace;
  const first = `**${escapeText(request)}**, ${duration}, at ${at(trace)}`;
  const addresses = links.map(({ label, url }) => link(label, url));
  // Two spaces at the end of a line break it.
  return [first, escapeText(what), [code(command), ...addresses].join(' · ')].join('  \n  ');
}

function logText(line: ReportContent['logLines'][number]): string {
  const { elapsed, level, service, body, traceId } = line;
  const trace = traceId === undefined ? '' : `  trace ${traceId}`;
  return `${elapsed.padStart(6)}  ${level.padEnd(5)}  ${service.padEnd(15)}  ${body}${trace}`;
}

function at({ elapsed, clock }: Moment): string {
  return `${elapsed} (${clock} UTC)`;
}

function image({ title, file }: Plot): string {
  return `![${escapeText(title)}](${file})`;
}

function link(label: string, url: string): string {
  const address = url.replace(/[\s<>\\]/g, encodeURIComponent);
  return `[${escapeText(label)}](<${address}>)`;
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [row(header), `|${'---|'.repeat(header.length)}`, ...rows.map(row)].join('\n');
}

/** Keeps a line from being read as Markdown, HTML or GitHub's formulas. Plain words stay as they are. */
function escapeText(line: string): string {
  return line
    .replace(/[\\`*[\]<>|~$]/g, '\\$&')
    .replace(/&(?=#?\w+;)/g, '&amp;')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/^(?:[#+=-]|\d+(?=[.)]))/, (start) => (/\d/.test(start) ? `${start}\\` : `\\${start}`));
}

/** Has more backticks around the text than in it. */
function code(text: string): string {
  const ticks = backticks(text, 1);
  const space = /^`|`$/.test(text) ? ' ' : '';
  return `${ticks}${space}${text}${space}${ticks}`;
}

function fence(lines: readonly string[]): string {
  const ticks = backticks(lines.join('\n'), 3);
  return [ticks, ...lines, ticks].join('\n');
}

function backticks(text: string, atLeast: number): string {
  const runs = Array.from(text.matchAll(/`+/g), ([run]) => run.length + 1);
  return '`'.repeat(Math.max(atLeast, ...runs));
}
