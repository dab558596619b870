import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { alertTitle } from '../src/alert-title.ts';
import { chooseCluster, defaultCluster } from '../src/kubernetes/cluster.ts';
import { type Facts, factsSchema } from '../src/report/facts.ts';
import { schemes } from '../src/report/palette.ts';
import { writeReport } from '../src/report/write-report.ts';
import { sampleFacts } from './sample-facts.ts';
import { temporaryFolder } from './temporary-folder.ts';

type Report = { folder: string; json: string; markdown: string; html: string; svg: (name: string) => string };

async function report(changes: Partial<Facts> = {}): Promise<Report> {
  const folder = join(temporaryFolder(), 'reports/new');
  const paths = await writeReport(folder, sampleFacts(changes));
  const [json, markdown, html] = [paths.json, paths.markdown, paths.html].map((path) =>
    readFileSync(path, 'utf8'),
  );
  const svg = (name: string) => readFileSync(join(folder, `plots/${name}.svg`), 'utf8');
  return { folder, json: json ?? '', markdown: markdown ?? '', html: html ?? '', svg };
}

/** The text of a page, as a reader has it. */
function textOf(html: string): string {
  const bare = html.replace(/<style>.*?<\/style>/gs, '').replace(/<[^>]*>/g, '');
  return bare
    .replaceAll('&#34;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

/** Markdown without the backslashes that keep signs from being markup. */
function textOfMarkdown(markdown: string): string {
  return markdown.replace(/\\(?=[^\w\s])/g, '').replaceAll('&amp;', '&');
}

test('The Markdown and the page say the same, and report.json holds the facts', async () => {
  const facts = sampleFacts();
  const { folder, json, markdown, html } = await report();
  expect(factsSchema.parse(JSON.parse(json))).toEqual(facts);
  const figures = [
    '1 min 18 s',
    '1 min 12 s',
    '1,307',
    '27 % of 4,810',
    '3 %',
    'of what 99.9 % allows in 30 days',
  ];
  const words = [
    ...[facts.title, facts.story, 'Passed: 8 of 8 expectations were met.', ...figures],
    ...['28 November 2026, 14:01:21 to 14:10:01 UTC · without Docker', '−2:00', '+1:18', '14:04:39'],
    ...['+4:00 (14:07:21 UTC)', '3.2 s', '1.80 s', '8 min 40 s', 'service_name="frontend"'],
    ...facts.timeline.map(({ what }) => what),
    ...facts.checks.flatMap(({ what, lastSeen }) => [what, lastSeen]),
    ...facts.alerts.flatMap((alert) => [alertTitle(alert), alert.summary, alert.description]),
    ...facts.traces.flatMap(({ request, what, traceId }) => [request, what, `./vitrine trace ${traceId}`]),
    ...facts.logLines.map(({ body }) => body),
    ...facts.improvements,
  ];
  for (const word of words) {
    expect(textOfMarkdown(markdown)).toContain(word);
    expect(textOf(html)).toContain(word);
  }
  for (const { url } of facts.traces.flatMap(({ links }) => links)) {
    expect(markdown).toContain(`(<${url}>)`);
    expect(html).toContain(`href="${url}"`);
  }
  expect(markdown).toContain('[Runbook](<http://127.0.0.1:5004/runbooks/HighErrorRate>)');
  expect(html).toContain('<a href="http://127.0.0.1:5004/runbooks/HighErrorRate">Runbook</a>');
  for (const [, file = ''] of markdown.matchAll(/!\[.*\]\((.*)\)/g)) {
    expect(html).toContain(readFileSync(join(folder, file), 'utf8'));
  }
  expect(readdirSync(folder).sort()).toEqual(['plots', 'report.html', 'report.json', 'report.md']);
  expect(readdirSync(join(folder, 'plots'))).toHaveLength(facts.plots.length);
});

test('The commands of a report from Kubernetes are for that cluster', async () => {
  chooseCluster({ ...defaultCluster, namespace: 'vitrine-group-1' });
  onTestFinished(() => chooseCluster(undefined));
  const [trace] = sampleFacts().traces;
  const command = `./vitrine --kubernetes --namespace vitrine-group-1 trace ${trace?.traceId}`;
  const { markdown, html } = await report();
  expect(textOfMarkdown(markdown)).toContain(command);
  expect(textOf(html)).toContain(command);
});

test('The page refers to nothing outside of itself but by links', async () => {
  const { html } = await report();
  const page = html.replaceAll(/<a href="[^"]*">/g, '').replaceAll(/xmlns(?::\w+)?="[^"]*"/g, '');
  expect(page).not.toMatch(/https?:|<script|<link|<img|src=|url\(|@import/);
});

test.each([
  ['failed', 'Failed: 6 of 8 expectations were met.'],
  ['void', 'Void: the shop was not known to be healthy before, so nothing was broken and nothing proved.'],
] as const)('When a run is %s, then that and the reasons come first', async (outcome, verdict) => {
  const reasons = ['HighErrorRate did not resolve within 3 min.', 'No log line was found within 30 s.'];
  const checks = sampleFacts().checks.map((check, index) => {
    return {
      ...check,
      ...([4, 7].includes(index) && { outcome: 'missed' as const }),
    };
  });
  const { markdown, html, json } = await report({ outcome, reasons, checks, plots: [] });
  expect(factsSchema.parse(JSON.parse(json))).toMatchObject({ outcome, reasons });
  for (const text of [textOfMarkdown(markdown), textOf(html)]) {
    for (const word of [verdict, ...reasons, 'missed']) expect(text).toContain(word);
    expect(text.indexOf(reasons[1] ?? '')).toBeLessThan(text.indexOf('Time to detect'));
  }
});

test('When nothing was seen, then the report says so', async () => {
  const { secondsToDetect: _, secondsToRecover: __, ...rest } = sampleFacts();
  const nothing = {
    timeline: [],
    checks: [],
    alerts: [],
    plots: [],
    traces: [],
    logLines: [],
    improvements: [],
  };
  const requests = { total: 0, failed: 0, objective: 0.999, budgetBurnt: null };
  const fault = { what: 'Half of the customers close their browsers.', startMs: rest.fault.startMs };
  const folder = temporaryFolder();
  await writeReport(folder, { ...rest, ...nothing, requests, fault, phases: [], outcome: 'failed' });
  for (const text of ['report.md', 'report.html'].map((name) => readFileSync(join(folder, name), 'utf8'))) {
    for (const word of [
      ...['no expected alert fired', 'the recovery was not seen', 'It was not undone.', 'No alert was seen.'],
      ...['No trace was found.', 'No log line was found.', 'There are none.', 'Nothing was expected.'],
      ...['Half of the customers close their browsers.'],
    ])
      expect(text).toContain(word);
    expect(text).not.toMatch(/NaN|undefined|Invalid|Infinity/);
  }
});

const hostile =
  '"><img src=x onerror=a()>\u001b[2J</style><script>|\n# h `` ` $&$` [a](javascript:b) <!-- ~~s~~ &lt; __b__ \\|';

test('When texts hold HTML, Markdown or orders to a terminal, then they are only text', async () => {
  const kept = ['name', 'mode', 'outcome', 'phase', 'source', 'level'];
  const facts: Facts = JSON.parse(JSON.stringify(sampleFacts()), (key, value) => {
    return typeof value === 'string' && !kept.includes(key) ? hostile : value;
  });
  const plots = facts.plots.map((plot) => ({
    ...plot,
    series: plot.series.map((series, index) => ({ ...series, name: `${index}${hostile}` })),
  }));
  const alerts = facts.alerts.map((alert) => ({ ...alert, name: hostile, runbookUrl: 'javascript:b' }));
  const { folder, html, markdown, json } = await report({ ...facts, plots, alerts });
  expect(JSON.parse(json).story).toBe(hostile);

  expect(html).not.toMatch(/<img|<script|<!--|href="(?!https?:)/);
  expect(html + markdown).not.toContain('\u001b');
  expect(html.match(/<\/style>/g)).toHaveLength(1 + plots.length);
  expect(textOf(html)).toContain(
    '"><img src=x onerror=a()></style><script>| # h `` ` $&$` [a](javascript:b)',
  );
  for (const file of readdirSync(join(folder, 'plots'))) {
    const svg = readFileSync(join(folder, 'plots', file), 'utf8');
    expect(svg).not.toMatch(/<img|<script|<!--/);
    expect(svg).not.toContain('\u001b');
    expect(svg.match(/<svg /g)).toHaveLength(1);
  }

  // Code is as it is; its fence is longer than any run of backticks in it.
  const text = markdown
    .replace(/^(```+)\n.*?\n\1$/gms, '')
    .replace(/(?<![\\`])(`+)(?!`).*?(?<!`)\1(?!`)/g, '');
  expect(text).not.toMatch(
    /(?<!\\)<(?:img|script|\/style|!--)|(?<!\\)\]\(javascript|(?<!\\)~~|(?<!\\)[`$]|(?<!\\|[a-z])_|&lt;|^ *#+ h/m,
  );
  const tables = text.split('\n').filter((line) => line.startsWith('|'));
  const widths = tables.map((line) => line.replace(/\\./g, '').split('|').length - 2);
  expect(Array.from(new Set(widths)).toSorted()).toEqual([3, 4, 7]);
});

test('Of hundreds of log lines thirty are shown, and of a long one its beginning', async () => {
  const one = { atMs: sampleFacts().fault.startMs, service: 'frontend', level: 'error' };
  const logLines = Array.from({ length: 300 }, (_, index) => ({ ...one, body: `line ${index}.` }));
  logLines[7] = { ...one, body: `long ${'x'.repeat(20_000)}` };
  const { markdown, html, json } = await report({ logLines, plots: [] });
  for (const text of [markdown, html]) {
    expect(text).toContain('line 29.');
    expect(text).not.toContain('line 30.');
    expect(text).toContain('report.json has 270 more.');
    expect(text).toContain('xxx… (20,005 characters)');
    expect(text).not.toContain('x'.repeat(401));
  }
  expect(JSON.parse(json).logLines).toEqual(logLines);
});

test('Each plot shows the phases, the alerts, its threshold and its services', async () => {
  const { svg } = await report();
  const failed = svg('failed-requests');
  const services = ['frontend', 'user-service', 'product-service', 'order-service'];
  for (const word of ['control', 'fault', 'recovery', 'pending', 'firing', 'resolved', ...services])
    expect(failed).toContain(`>${word}</text>`);
  expect(failed).toContain('%, dashed: HighErrorRate above 5 %');
  for (const label of ['−2:00', '0:00', '6:00']) expect(failed).toContain(`>${label}</text>`);
  const strokes = linesOf(failed).map(({ stroke }) => stroke);
  expect(new Set(strokes).size).toBe(4);
});

test('A service has the same colour in each plot, and other series have those that are left', async () => {
  const point = { atMs: sampleFacts().fault.startMs, value: 1 };
  const names = ['spans', 'order-service', 'log lines', 'metrics'];
  const { svg } = await report({ plots: [plotOf(names.map((name) => ({ name, points: [point] })))] });
  const { svg: sample } = await report();
  const strokes = linesOf(svg('requests')).map(({ stroke }) => stroke);
  expect(new Set(strokes).size).toBe(4);
  expect(strokes[1]).toBe(linesOf(sample('requests'))[3]?.stroke);
});

test('Each colour of a plot has another for dark pages', async () => {
  const { svg } = await report();
  const light = schemes.map(([colour]) => colour);
  const used = Array.from(svg('requests').matchAll(/ (?:fill|stroke)="([^"]*)"/g), ([, colour]) => colour);
  expect(used.filter((colour) => colour !== 'none' && colour !== 'transparent')).not.toHaveLength(0);
  for (const colour of used) expect(['none', 'transparent', ...light]).toContain(colour);
  for (const [one, dark] of schemes) expect(svg('requests')).toContain(`[fill="${one}"]{fill:${dark}}`);
});

test('When values are missing, then the line has a gap there', async () => {
  const { startMs } = sampleFacts().fault;
  const values = [1, 2, null, 4, Number.NaN, 6, 7];
  const points = values.map((value, index) => ({ atMs: startMs + index * 5000, value }));
  const { svg, json } = await report({ plots: [plotOf([{ name: 'frontend', points }])] });
  const [line] = linesOf(svg('requests'));
  expect(line?.path.match(/M/g)).toHaveLength(3);
  expect(svg('requests')).not.toContain('NaN');
  expect(factsSchema.safeParse(JSON.parse(json)).success).toBe(true);
});

test.each<[string, Facts['plots'][number]['series']]>([
  ['no series', []],
  ['a series without points', [{ name: 'frontend', points: [] }]],
  [
    'only missing values',
    [{ name: 'frontend', points: [{ atMs: sampleFacts().fault.startMs, value: null }] }],
  ],
])('When a plot has %s, then it says so', async (_what, series) => {
  const { svg } = await report({ plots: [plotOf(series)] });
  expect(svg('requests')).toContain('>No values</text>');
  expect(svg('requests')).not.toMatch(/NaN|undefined|Infinity/);
});

test('When two plots have one title, or one without letters, then each has a file', async () => {
  const plots = ['Requests', 'Requests', '%', '?'].map((title) => ({ ...plotOf([]), title }));
  const { folder, markdown } = await report({ plots });
  const files = Array.from(markdown.matchAll(/\(plots\/(.*)\)/g), ([, file]) => file);
  expect(new Set(files).size).toBe(4);
  expect(readdirSync(join(folder, 'plots')).sort()).toEqual(files.toSorted());
});

test('When a run takes hours, then its times have hours', async () => {
  const { fault, timeline } = sampleFacts();
  const endMs = fault.startMs + 2 * 3_600_000;
  const late = { atMs: fault.startMs + 4_530_000, what: 'Late.', source: 'scenario' as const };
  const { markdown, html, svg } = await report({
    phases: [{ name: 'fault', startMs: fault.startMs, endMs }],
    timeline: [...timeline, late],
    secondsToDetect: 4530,
  });
  for (const text of [markdown, html]) {
    expect(text).toContain('+1:15:30');
    expect(text).toContain('1 h 15 min');
  }
  expect(svg('requests')).toContain('>1:30:00</text>');
});

test('When a report cannot be written, then the error names what is in the way, and nothing of it is left', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  await expect(writeReport(join(folder, 'file'), sampleFacts())).rejects.toThrow(/ENOTDIR.*file/);
  await expect(writeReport(join(folder, 'file/crash'), sampleFacts())).rejects.toThrow(/ENOTDIR.*file/);
  mkdirSync(join(folder, 'older/plots'), { recursive: true });
  await expect(writeReport(join(folder, 'older'), sampleFacts())).rejects.toThrow(/ENOTEMPTY.*older/);
  expect(readdirSync(folder, { recursive: true }).sort()).toEqual(['file', 'older', 'older/plots']);
});

test('When nothing is drawn yet, then Vega is not loaded', () => {
  const program = `
    import { registerHooks } from 'node:module';
    const names = [];
    registerHooks({ resolve: (name, context, next) => { names.push(name); return next(name, context); } });
    await import(${JSON.stringify(join(import.meta.dirname, '../src/report/write-report.ts'))});
    console.log(names.join(' '));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  expect(stdout, stderr).toContain('./plots.ts');
  expect(stdout).not.toContain('vega');
});

function plotOf(series: Facts['plots'][number]['series']): Facts['plots'][number] {
  return { title: 'Requests', unit: 'requests/s', series };
}

/** The lines of the series in a plot. */
function linesOf(svg: string): { path: string; stroke: string }[] {
  const paths = svg.matchAll(/<path d="(M[^"]*)" stroke="([^"]*)" stroke-width="2"/g);
  return Array.from(paths, ([, path = '', stroke = '']) => ({ path, stroke }));
}
