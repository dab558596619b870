import limitConcurrency from 'p-limit';
import type { Progress } from '../progress.ts';
import { type Stores, storesOf } from '../query/stores.ts';
import type { Settings } from '../settings.ts';
import { asksOf } from '../verify/dashboards.ts';
import { choicesOf, fillIn, stepValues } from '../verify/fill-in.ts';
import { type Dashboard, readDashboards, readDataSources } from '../verify/grafana-files.ts';
import { spreadCell } from './breakdown.ts';
import { row } from './report.ts';
import { spread } from './sample.ts';
import { choose } from './scenarios.ts';
import { inTurn } from './turns.ts';
import { cpuMsEach, type Figures, pidsOf, usageOf } from './usage.ts';

const HOUR_MS = 3_600_000;
/** A browser keeps so many connections to Grafana, which sends on each query as it comes. */
const AT_ONCE = 6;
/** The data source of Loki asks for no more lines, unless a panel says otherwise. */
const MAX_LINES = 1000;
const SHOWN_QUERIES = 10;
/** What opening a dashboard may cost a backend, in CPU milliseconds. */
const limits = { prometheus: 300, loki: 500 } as const;

/** A query of a dashboard; `from` says where it stands. */
type Query = { from: string; backend: keyof typeof limits; ask: () => Promise<unknown> };

/** What it took to open a dashboard in each round: the CPU milliseconds of each backend, and `wallMs` until all answered. */
export type Opening = { title: string; queries: number; rounds: readonly Figures[] };

/** How many milliseconds a query took in each round, sent alone. */
type Alone = Pick<Query, 'from' | 'backend'> & { ms: readonly number[] };

/**
 * Sends the queries of all dashboards that have `words` in their titles as Grafana does when somebody opens them with a
 * range of an hour, to the running shop in turns. Reports in Markdown what each dashboard costs Prometheus and Loki, and
 * which queries take longest when they are sent alone.
 */
export async function benchDashboards(
  words: string,
  rounds: number,
  settings: Settings,
  { report, signal }: Progress,
): Promise<void> {
  const usage = usageOf(pidsOf(settings.home, ['prometheus', 'loki']));
  const stores = storesOf(settings);
  const dashboards = choose(words, readDashboards(settings.root), 'dashboard', ({ title }) => title);
  const opened = await Promise.all(
    dashboards.map(async (dashboard) => ({
      title: dashboard.title,
      queries: await queriesOf(dashboard, settings.root, stores),
      rounds: [] as Figures[],
    })),
  );
  report(await ageOfData(stores));
  // The first time, the backends read what they keep in memory from then on.
  for (let round = 0; round <= rounds; round += 1) {
    report(round === 0 ? 'Warming up …' : `Round ${round} of ${rounds} …`);
    for (const { queries, rounds: own } of inTurn(opened, round)) {
      signal.throwIfAborted();
      const before = usage.cpuSeconds();
      const wallMs = await timed(() => limitConcurrency(AT_ONCE).map(queries, ({ ask }) => ask()));
      if (round > 0) own.push({ ...cpuMsEach(before, usage.cpuSeconds(), 1), wallMs });
    }
  }
  report('Each query alone …');
  const alone: Alone[] = [];
  for (const { title, queries } of opened)
    for (const query of queries) {
      const ms: number[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        signal.throwIfAborted();
        ms.push(await timed(query.ask));
      }
      alone.push({ ...query, from: `${title}, ${query.from}`, ms });
    }
  const openings = opened.map(({ queries, ...rest }) => ({ ...rest, queries: queries.length }));
  for (const line of ['', ...openingTable(openings), '', ...longestTable(alone)]) report(line);
}

/** The queries of a dashboard's panels and marks, filled in as it is when it is opened. */
async function queriesOf(dashboard: Dashboard, root: string, stores: Stores): Promise<readonly Query[]> {
  const [values] = await choicesOf({ ...dashboard, time: { from: 'now-1h' } }, stores);
  const sources = readDataSources(root);
  return asksOf(dashboard).flatMap(({ from, source, target }): Query[] => {
    const type = sources.find(({ uid }) => uid === source?.uid)?.type;
    const { expr, interval, maxLines = MAX_LINES, instant: isInstant, exemplar: isExemplar } = target;
    if (expr === undefined) return [];
    const text = fillIn(expr, { ...values, ...stepValues(interval) });
    const stepSeconds = Number(stepValues(interval).__interval_ms) / 1000;
    if (type === 'loki') {
      const ask = () =>
        stores.loki.queryRange(text, { ...lastHour(), limit: maxLines, direction: 'backward' });
      return [{ from, backend: type, ask }];
    }
    if (type !== 'prometheus') return [];
    const ask = async () => {
      if (isInstant) return stores.prometheus.query(text);
      const range = lastHour(stepSeconds * 1000);
      const exemplars = isExemplar ? stores.prometheus.queryExemplars(text, range) : undefined;
      return Promise.all([stores.prometheus.queryRange(text, { ...range, stepSeconds }), exemplars]);
    };
    return [{ from, backend: type, ask }];
  });
}

/** Grafana aligns a range with the steps of its graph. */
function lastHour(stepMs = 1): { startMs: number; endMs: number } {
  const endMs = Math.floor(Date.now() / stepMs) * stepMs;
  return { startMs: endMs - HOUR_MS, endMs };
}

/** An hour's range costs little while most of it is empty. */
async function ageOfData({ prometheus }: Stores): Promise<string> {
  const [up] = await prometheus.queryRange('count(up)', { ...lastHour(), stepSeconds: 60 });
  const [series] = await prometheus.query('count({__name__=~".+"})');
  return `Prometheus has data of ${up?.points.length ?? 0} of the last 60 minutes, and ${series?.value ?? 0} series at present.`;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Shows what opening each dashboard costs; bold is what exceeds the limit. */
export function openingTable(openings: readonly Opening[]): string[] {
  const cell = (values: readonly number[], limit: number) =>
    spread(values).median > limit ? `**${spreadCell(values)}**` : spreadCell(values);
  return [
    row([
      ...['dashboard, range of an hour', 'queries', `Prometheus: CPU ms (limit ${limits.prometheus})`],
      ...[`Loki: CPU ms (limit ${limits.loki})`, 'until all have answered: ms'],
    ]),
    '|---|---|---|---|---|',
    ...openings.map(({ title, queries, rounds }) => {
      const valuesOf = (name: string) => rounds.map((figures) => figures[name] ?? Number.NaN);
      return row([
        ...[title, String(queries), cell(valuesOf('prometheus'), limits.prometheus)],
        ...[cell(valuesOf('loki'), limits.loki), spreadCell(valuesOf('wallMs'))],
      ]);
    }),
  ];
}

function longestTable(alone: readonly Alone[]): string[] {
  const longest = alone.toSorted((a, b) => spread(b.ms).median - spread(a.ms).median);
  return [
    '| query, sent alone | asks | ms |',
    '|---|---|---|',
    ...longest.slice(0, SHOWN_QUERIES).map(({ from, backend, ms }) => row([from, backend, spreadCell(ms)])),
  ];
}
