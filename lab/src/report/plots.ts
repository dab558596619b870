import ejs from 'ejs';
import type { TopLevelSpec } from 'vega-lite';
import { serviceNumber } from '../trace-view/label.ts';
import type { Facts } from './facts.ts';
import { formatElapsed } from './format.ts';
import { danger, phaseShades, quiet, schemes, surface, text, tones } from './palette.ts';
import { alertStates, timeAxis } from './time-axis.ts';

/** A plot as an SVG document that suits a light and a dark page. */
export type Plot = { title: string; file: string; svg: string };

/** Sizes are given rather than fitted: Vega has no fonts here, and takes texts to be longer than they are. */
const size = { width: 412, height: 180 };
const padding = { left: 56, right: 12, top: 56, bottom: 40 };
const legendRow = 18;
/** The words in the plot have two rows above its lines, at these distances from its top. */
const rows = { phase: 12, alert: 28, lines: 42 };
/** The width that a phase's or an alert's word needs. */
const wordWidth = 52;

/** Draws each plot of `facts`. A plot without a single value says so. */
export async function drawPlots(facts: Facts): Promise<Plot[]> {
  // Only a report needs these, and they take half a second to load.
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const names = fileNames(facts.plots.map(({ title }) => title));
  return Promise.all(
    facts.plots.map(async (plot, index) => {
      const view = new vega.View(vega.parse(compile(specOf(plot, facts)).spec), { renderer: 'none' });
      const svg = withBothSchemes(plot.title, await view.toSVG());
      view.finalize();
      return { title: plot.title, file: `plots/${names[index]}.svg`, svg };
    }),
  );
}

function specOf({ title, unit, threshold, series }: Facts['plots'][number], facts: Facts): TopLevelSpec {
  const { startMs, endMs, second, ticks } = timeAxis(facts);
  const points = series.flatMap(({ name, points }) => {
    return points
      .filter(({ atMs }) => atMs >= startMs && atMs <= endMs)
      .map(({ atMs, value }) => ({ name, x: second(atMs), y: Number.isFinite(value) ? value : null }));
  });
  const values = points.flatMap(({ y }) => y ?? []);
  const isEmpty = values.length === 0;
  const domain = [Math.min(0, ...values), Math.max(threshold?.value ?? 0, ...values) || 1];
  const columns = series.some(({ name }) => name.length > 18) ? 1 : 2;
  const bottom = padding.bottom + legendRow * Math.ceil(series.length / columns);
  const x = { field: 'x', type: 'quantitative' } as const;
  const y = { field: 'y', type: 'quantitative' } as const;
  return {
    ...{ ...size, autosize: 'none', padding: { ...padding, bottom } },
    title: { text: title, subtitle: [unit, ...(threshold ? [`dashed: ${threshold.label}`] : [])].join(', ') },
    encoding: {
      x: {
        ...x,
        scale: { domain: [second(startMs), second(endMs)], nice: false },
        axis: { values: ticks, labelExpr: `(${JSON.stringify(elapsedTimes(ticks))})[datum.value]` },
      },
    },
    layer: [
      {
        data: { values: phaseBands(facts) },
        layer: [
          { mark: 'rect', encoding: { x, x2: { field: 'end' }, fill: asIs('fill') } },
          {
            mark: { type: 'text', dx: 5 },
            encoding: { x, y: { value: rows.phase }, text: { field: 'word' } },
          },
        ],
      },
      {
        data: { values: isEmpty ? [] : alertLines(facts) },
        encoding: { x },
        layer: [
          {
            mark: { type: 'rule', color: danger[0], strokeDash: { expr: 'datum.dash' } },
            encoding: { y: { field: 'top', type: 'quantitative', scale: null }, y2: { value: 'height' } },
          },
          {
            mark: {
              type: 'text',
              color: danger[0],
              align: { expr: 'datum.align' },
              dx: { expr: 'datum.dx' },
            },
            encoding: { y: { value: rows.alert }, text: { field: 'word' } },
          },
        ],
      },
      {
        data: { values: threshold ? [{ y: threshold.value }] : [] },
        mark: { type: 'rule', color: text[0], strokeDash: [6, 4] },
        encoding: { x: { value: 0 }, x2: { value: 'width' }, y },
      },
      {
        data: { values: points },
        mark: {
          type: 'line',
          strokeCap: 'round',
          strokeJoin: 'round',
          invalid: 'break-paths-show-path-domains',
        },
        encoding: {
          x,
          y: {
            ...y,
            scale: { domain, range: [{ expr: 'height' }, rows.lines] },
            axis: isEmpty ? null : { format: domain.some((value) => value >= 10_000) ? '~s' : ',~r' },
          },
          color: { field: 'name', type: 'nominal', scale: colours(series), legend: { columns } },
        },
      },
      {
        data: { values: isEmpty ? [{}] : [] },
        mark: { type: 'text', align: 'center', fontSize: 15, text: 'No values' },
        encoding: { x: { value: { expr: 'width / 2' } }, y: { value: { expr: 'height / 2' } } },
      },
    ],
    config: look,
  };
}

const look: NonNullable<TopLevelSpec['config']> = {
  ...{ font: 'system-ui, sans-serif', background: surface[0], aria: false },
  view: { stroke: null },
  title: {
    anchor: 'start',
    frame: 'group',
    dx: 12 - padding.left,
    fontSize: 15,
    limit: 640,
    color: text[0],
    subtitleFontSize: 12,
    subtitleColor: quiet[0],
    offset: 12,
  },
  axis: {
    title: null,
    labelFontSize: 12,
    labelColor: quiet[0],
    gridColor: quiet[0],
    gridOpacity: 0.15,
    domain: false,
    ticks: false,
    labelPadding: 6,
  },
  axisX: { grid: false, labelFlush: false },
  axisY: { minExtent: 48, maxExtent: 48, tickCount: 4, zindex: 1 },
  legend: {
    title: null,
    orient: 'bottom',
    symbolType: 'stroke',
    symbolStrokeWidth: 3,
    symbolSize: 220,
    labelFontSize: 13,
    labelColor: text[0],
    labelLimit: 420,
    offset: 12,
    padding: 0,
    rowPadding: 2,
  },
  text: { align: 'left', baseline: 'middle', fontSize: 11, color: quiet[0] },
  line: { strokeWidth: 2 },
};

function asIs(field: string) {
  return { field, type: 'nominal', scale: null } as const;
}

/** The colours of the services are their own in each plot; other series get those that are left. */
function colours(series: readonly { name: string }[]) {
  const domain = series.map(({ name }) => name);
  const services = tones.slice(0, -1);
  const taken = domain.map((name) => services[serviceNumber(name)]);
  const free = tones.filter((tone) => !taken.includes(tone));
  const range = taken.map((tone) => (tone ?? free.shift() ?? quiet)[0]);
  return { domain, range };
}

/** A background for each phase, with its name if there is room for it. */
function phaseBands(facts: Facts) {
  const { second, share } = timeAxis(facts);
  return facts.phases.map(({ name, startMs, endMs }) => {
    const hasRoom = (share(endMs) - share(startMs)) * size.width > wordWidth;
    const word = hasRoom ? name : '';
    return { x: second(startMs), end: second(endMs), fill: phaseShades[name][0], word };
  });
}

/** A line for each change of each alert. The first of its kind has a word if there is room for it. */
function alertLines(facts: Facts) {
  const { startMs, endMs, second, share } = timeAxis(facts);
  const changes = facts.alerts
    .flatMap(alertStates)
    .filter(({ atMs }) => atMs >= startMs && atMs <= endMs)
    .toSorted((one, other) => one.atMs - other.atMs);
  let taken = 0;
  return changes.map(({ state, atMs }, index) => {
    const isFirst = changes.findIndex((change) => change.state === state) === index;
    // The word of the pending state stands before its line, and leaves the room after it to the next.
    const isBefore = state === 'pending';
    const start = share(atMs) * size.width - (isBefore ? wordWidth : 0);
    const hasRoom = isFirst && start >= taken && start + wordWidth <= size.width;
    if (hasRoom) taken = start + wordWidth;
    return {
      ...{ x: second(atMs), dash: state === 'firing' ? [1, 0] : [1, 3] },
      ...{ word: hasRoom ? state : '', top: rows.alert + (hasRoom ? -6 : 8) },
      ...{ align: isBefore ? 'right' : 'left', dx: isBefore ? -4 : 4 },
    };
  });
}

function elapsedTimes(times: readonly number[]): Record<string, string> {
  return Object.fromEntries(times.map((seconds) => [seconds, formatElapsed(seconds)]));
}

/** Gives the document its title, and a dark colour for each light one. */
function withBothSchemes(words: string, svg: string): string {
  const dark = schemes.map(([light, dark]) => {
    return `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`;
  });
  const title = `<title>${ejs.escapeXML(words)}</title>`;
  const style = `<style>@media screen and (prefers-color-scheme:dark){${dark.join('')}}</style>`;
  return svg.replace(
    /^<svg ([^>]*)>/,
    (_tag, attributes) => `<svg role="img" ${attributes}>${title}${style}`,
  );
}

/** A file name for each title; no two are the same. */
function fileNames(titles: readonly string[]): string[] {
  const names: string[] = [];
  for (const title of titles) {
    const words = title.toLowerCase().match(/[a-z0-9]+/g) ?? ['plot'];
    const name = words.join('-').slice(0, 60);
    names.push(names.includes(name) ? `${name}-${names.length + 1}` : name);
  }
  return names;
}
