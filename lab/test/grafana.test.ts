import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parser as logql } from '@grafana/lezer-logql';
import { parser as promql } from '@prometheus-io/lezer-promql';
import { describe, expect, test } from 'vitest';
import { dashboardFiles } from '../src/dashboards/boards.ts';
import { ownerColours } from '../src/dashboards/colours.ts';
import { traceById } from '../src/dashboards/links.ts';
import { withFields } from '../src/dashboards/queries.ts';
import { mayBeEmpty } from '../src/empty-while-healthy.ts';
import { fillIn } from '../src/verify/fill-in.ts';
import {
  builtIn,
  choices,
  type Dashboard,
  dashboards,
  dashboardTexts,
  type Panel,
  panels,
  parseDashboard,
  readDataSources,
} from './grafana-files.ts';

const root = resolve(import.meta.dirname, '../..');
const urls = { PROMETHEUS_URL: 'http://p', JAEGER_URL: 'http://j', LOKI_URL: 'http://l' };
const dataSources = readDataSources(urls);
const services = ['frontend', 'order-service', 'product-service', 'user-service'];
const graphs = panels.filter(({ panel }) => panel.type === 'timeseries');
const limited = panels.filter(({ panel }) => panel.fieldConfig?.defaults.custom.thresholdsStyle);

test('When a dashboard changes, then its file has to be made anew: npm run dashboards', () => {
  expect(dashboardTexts).toEqual(dashboardFiles());
});

test('When dashboards are made in French, then every title is translated', () => {
  const english = Object.values(dashboardFiles()).flatMap(allTitles);
  const french = Object.values(dashboardFiles('fr')).flatMap(allTitles);
  const alike = french.filter((title, index) => title === english[index]);
  // These words are the same in both languages.
  const same = ['Service', 'Services', 'Trace', 'Traces', 'Pauses', 'Conversion'];
  expect(french.length).toBe(english.length);
  expect(new Set(alike)).toEqual(new Set(same));
});

test('The data sources have the ids and addresses by which dashboards and links find them', () => {
  expect(dataSources).toMatchObject([
    { type: 'prometheus', uid: 'prometheus', url: 'http://p' },
    { type: 'jaeger', uid: 'jaeger', url: 'http://j' },
    { type: 'loki', uid: 'loki', url: 'http://l' },
  ]);
});

test('Every link between data sources leads to one that is there', () => {
  const targets = dataSources.flatMap(({ jsonData }) => [
    ...jsonData.derivedFields,
    ...[jsonData.tracesToLogsV2, jsonData.tracesToMetrics].filter((link) => link !== undefined),
  ]);
  const uids = targets.map(({ datasourceUid }) => datasourceUid);
  expect(uids.toSorted()).toEqual(['jaeger', 'loki', 'prometheus']);
});

test('An exemplar opens its trace like a request in a table does: by its id, without a query type', () => {
  const [destination] = dataSources.flatMap(({ jsonData }) => jsonData.exemplarTraceIdDestinations);
  expect(destination).toEqual({ name: 'trace_id', url: traceById(`\${__value.raw}`) });
  expect(pane(fillIn(destination?.url ?? '', { '__value.raw': 'abc' })).queries).toEqual([
    { refId: 'A', datasource: { type: 'jaeger', uid: 'jaeger' }, query: 'abc' },
  ]);
});

test('A span leads to log lines that look like those of the dashboards', () => {
  const [link] = dataSources.flatMap(({ jsonData }) => jsonData.tracesToLogsV2 ?? []);
  expect(link?.query).toContain(withFields.replace('| line_format `', ''));
});

test.each(panels)(
  '$name asks a data source that is there, with variables that the dashboard has',
  ({ dashboard, panel }) => {
    const { type, uid } = panel.datasource;
    expect(dataSources).toContainEqual(expect.objectContaining({ type, uid }));
    for (const { expr } of panel.targets) expect(problems(dashboard, uid, expr)).toEqual([]);
  },
);

test.each(dashboards)('The marks of $title are asked of data sources that understand them', (dashboard) => {
  const { list } = dashboard.annotations;
  expect(list.map(({ name }) => name)).toEqual(['Firing alerts', 'Faults caused on purpose', 'Starts']);
  for (const { datasource, expr } of list) expect(problems(dashboard, datasource.uid, expr)).toEqual([]);
});

test('The data sources ask what Prometheus and Loki understand', () => {
  const values = { '__span.traceId': 'a', '__span.spanId': 'b', __tags: 'instance="c"' };
  for (const { jsonData } of dataSources) {
    for (const { query } of jsonData.tracesToMetrics?.queries ?? []) {
      expect(errors(promql, fillIn(query, values))).toEqual([]);
    }
    if (jsonData.tracesToLogsV2) {
      expect(errors(logql, fillIn(jsonData.tracesToLogsV2.query, values))).toEqual([]);
    }
  }
});

test.each(dashboards)(
  'Alerts without a service, such as PipelineDown, mark the graphs of $title',
  (dashboard) => {
    const expr = dashboard.annotations.list[0]?.expr ?? '';
    for (const service of choices(dashboard, 'prometheus')) {
      const [, matcher] = /service_name=~"([^"]*)"/.exec(fillIn(expr, { service })) ?? [];
      expect('').toMatch(new RegExp(`^(?:${matcher})$`));
      expect('frontend').toMatch(new RegExp(`^(?:${matcher})$`));
      expect('frontend2').not.toMatch(new RegExp(`^(?:${matcher?.replace('.+', 'frontend')})$`));
    }
  },
);

test.each(dashboards)('The panels of $title stand side by side', ({ panels }) => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const tiles = panels.flatMap(({ title, gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => ({
      title,
      tile: `${x + (index % w)},${y + Math.floor(index / w)}`,
      isInside: x + w <= 24,
    })),
  );
  expect(tiles.filter(({ isInside }) => !isInside)).toEqual([]);
  expect(new Set(tiles.map(({ tile }) => tile)).size).toBe(tiles.length);
});

test('No title is cut on a screen of 1366 pixels, in English or French', () => {
  const all = (['en', 'fr'] as const).flatMap((language) =>
    Object.values(dashboardFiles(language)).flatMap((text) => parseDashboard(text).panels),
  );
  // Grafana's menu is beside the panels. A title has margins and the sign of the description.
  const room = ({ gridPos }: Panel) => ((1366 - 220) / 24) * gridPos.w - 64;
  const pixelsOfCharacter = 7.2;
  const cut = all.filter((panel) => panel.title.length * pixelsOfCharacter > room(panel));
  expect(cut.map(({ title }) => title)).toEqual([]);
});

test.each(dashboards)(
  '$title leaves time to read a log line that somebody has opened',
  ({ panels, refresh }) => {
    const hasLines = panels.some(({ datasource }) => datasource.uid === 'loki');
    expect(refresh).toBe(hasLines ? '30s' : '10s');
  },
);

test.each(dashboards)(
  '$title keeps the time range and the service on the way to another dashboard',
  (dashboard) => {
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(['service']);
    expect(dashboard.links[0]).toMatchObject({ type: 'dashboards', keepTime: true, includeVars: true });
  },
);

describe('Numbers', () => {
  test.each(panels.filter(({ panel }) => panel.type === 'stat'))(
    '$name costs one evaluation, unless it draws a line',
    ({ panel }) => {
      const isLine = panel.options.graphMode === 'area';
      expect(panel.targets.map(({ instant }) => instant)).toEqual(panel.targets.map(() => !isLine));
      // Otherwise noise would fill the panel.
      expect(panel.fieldConfig?.defaults.min).toBe(0);
    },
  );

  test.each(panels.filter(({ panel }) => panel.targets.some(({ expr }) => mayBeEmpty(expr))))(
    '$name, which has nothing to show in health, says so',
    ({ panel }) => {
      expect(panel.fieldConfig?.defaults.noValue).toMatch(/^No /);
    },
  );
});

describe('Graphs', () => {
  test.each(graphs)('$name begins at 0, has a legend, and leaves room above small values', ({ panel }) => {
    const { min, max, unit } = panel.fieldConfig?.defaults ?? {};
    expect(min).toBe(0);
    expect(max).toBeUndefined();
    expect(panel.options.legend?.showLegend).toBe(true);
    if (unit === 'percentunit') expect(softMax(panel)).toBeLessThanOrEqual(1);
  });

  test('have a line if their description tells of one', () => {
    const telling = graphs.filter(({ panel }) => panel.description.includes('the line'));
    expect(telling.length).toBeGreaterThan(0);
    expect(limited).toEqual(expect.arrayContaining(telling));
  });

  test.each(limited)('$name has its line in sight', ({ panel }) => {
    expect(softMax(panel)).toBeGreaterThan(line(panel) ?? Number.POSITIVE_INFINITY);
  });

  test.each(limited)('$name draws its line where the alert fires, or the collector refuses', ({ panel }) => {
    const rules = globSync('prometheus/rules/*.yml', { cwd: root }).map((file) =>
      readFileSync(join(root, file), 'utf8'),
    );
    const query =
      panel.targets[0]?.expr.split(' or ').at(-1)?.replace('{service_name=~"$service"}', '') ?? '';
    const limits = rules.flatMap((text) => text.split(`${query} > `).slice(1).map(Number.parseFloat));
    const collector = readFileSync(join(root, 'otel-collector-config.yaml'), 'utf8');
    const mebibytes = Number(/limit_mib: (\d+)/.exec(collector)?.[1]);
    expect([...limits, mebibytes * 1024 * 1024]).toContain(line(panel));
  });
});

describe('Colours of services', () => {
  const colours = Object.entries(ownerColours).filter(([name]) => services.includes(name));

  test.each(graphs)('are the same in $name as elsewhere', ({ panel }) => {
    const shown = panel.fieldConfig?.overrides.flatMap(({ matcher, properties }) =>
      properties.map(({ value }) => [matcher.options, value]),
    );
    for (const [name, fixedColor] of colours)
      expect(shown).toContainEqual([name, { mode: 'fixed', fixedColor }]);
  });

  test('can be told apart, and from failure, and read on dark and on light', () => {
    const hues = colours.map(([, colour]) => hue(colour)).toSorted((a, b) => a - b);
    const red = 0;
    const gaps = [red, ...hues, red + 360]
      .slice(1)
      .map((value, index) => value - ([red, ...hues][index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(30);
    for (const [, colour] of colours) {
      expect(contrast(colour, '#181b1f'), `${colour} on dark`).toBeGreaterThan(3);
      expect(contrast(colour, '#ffffff'), `${colour} on light`).toBeGreaterThan(3);
    }
  });
});

test('The service map has a place of its own for each service and database', () => {
  const [map] = dashboards.flatMap(({ panels }) => panels.filter(({ type }) => type === 'nodeGraph'));
  const axis = (refId: string) => {
    const { expr = '' } = map?.targets.find((target) => target.refId === refId) ?? {};
    const places = expr.matchAll(/vector\((-?\d+)\), "id", "([\w-]+)"/g);
    return new Map([...places].map(([, place, id = '']) => [id, Number(place)]));
  };
  const [xs, ys] = [axis('nodeX'), axis('nodeY')];
  expect([...xs.keys()].toSorted()).toEqual(Object.keys(ownerColours).toSorted());
  expect([...ys.keys()]).toEqual([...xs.keys()]);
  for (const [id, x] of xs) {
    const distances = [...xs].map(([other, otherX]) =>
      Math.hypot(otherX - x, (ys.get(other) ?? 0) - (ys.get(id) ?? 0)),
    );
    // A circle is 80 pixels wide, and its name as much again.
    expect(distances.toSorted((a, b) => a - b)[1]).toBeGreaterThan(160);
  }
});

test('Every panel that a runbook names is there', () => {
  const runbooks = globSync('docs/runbooks/*.md', { cwd: root }).map((file) =>
    readFileSync(join(root, file), 'utf8'),
  );
  const named = runbooks.flatMap((text) =>
    [...text.matchAll(/(?<!\*)\*([A-Z\d][^*]+)\*(?!\*)/g)].map(([, name = '']) => name.replace(/\s+/g, ' ')),
  );
  expect(named.length).toBeGreaterThan(3);
  const titles = panels.map(({ panel }) => panel.title);
  expect(named.filter((name) => !titles.some((title) => title.startsWith(name)))).toEqual([]);
});

test('Every link leads where Grafana can follow it', () => {
  const links = [
    ...panels.flatMap(({ panel }) => panel.fieldConfig?.defaults.links ?? []),
    ...dashboards.flatMap(({ links }) => links.filter(({ type }) => type === 'link')),
  ];
  const values = { '__field.labels.service_name': 'frontend', service: 'frontend', __from: '1', __to: '2' };
  for (const { url = '' } of links) {
    const address = fillIn(url, { ...values, __url_time_range: 'from=1&to=2' });
    if (address.startsWith('/explore?')) {
      const { datasource, queries, range } = pane(address);
      expect(dataSources.map(({ uid }) => uid)).toContain(datasource);
      expect(queries[0]?.datasource.uid).toBe(datasource);
      expect(JSON.stringify(queries)).toContain('frontend');
      expect(range).toEqual({ from: '1', to: '2' });
      if (queries[0]?.expr) expect(errors(logql, queries[0].expr)).toEqual([]);
    } else if (address.startsWith('/d/')) {
      const { pathname, searchParams } = new URL(address, 'http://grafana');
      expect(dashboards.map(({ uid }) => `/d/${uid}`)).toContain(pathname);
      expect(Object.fromEntries(searchParams)).toEqual({ from: '1', to: '2', 'var-service': 'frontend' });
    } else {
      expect(address).toBe('/alerting/list?search=datasource:Prometheus');
    }
  }
});

/** Every value that Grafana shows as a title, as a name of a mark, or as a label of a variable. */
function allTitles(text: string): string[] {
  const { annotations, templating } = parseDashboard(text);
  const titles: string[] = [
    ...annotations.list.map(({ name }) => name),
    ...templating.list.map(({ label }) => label ?? ''),
  ];
  JSON.parse(text, (key, value) => {
    if (key === 'title' && typeof value === 'string') titles.push(value);
    return value;
  });
  return titles;
}

/** What Prometheus or Loki would not understand of a query, whatever is chosen. */
function problems(dashboard: Dashboard, source: string, expression: string): string[] {
  const parser = source === 'loki' ? logql : promql;
  return choices(dashboard, source).flatMap((service) =>
    errors(parser, fillIn(expression, { ...builtIn, service })),
  );
}

function errors(parser: typeof promql, query: string): string[] {
  const found: string[] = [];
  parser.parse(query).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) found.push(`${query.slice(0, from)}⟦${query.slice(from, to)}⟧${query.slice(to)}`);
    },
  });
  return found;
}

type Pane = {
  datasource: string;
  queries: readonly { datasource: { uid: string }; expr?: string }[];
  range: unknown;
};

function pane(address: string): Pane {
  return JSON.parse(new URL(address, 'http://grafana').searchParams.get('panes') ?? '').a;
}

function softMax({ fieldConfig }: Panel): number | undefined {
  return fieldConfig?.defaults.custom.axisSoftMax;
}

function line({ fieldConfig }: Panel): number | null | undefined {
  return fieldConfig?.defaults.thresholds?.steps.at(-1)?.value;
}

function channels(colour: string): [number, number, number] {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(
    (at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255,
  );
  return [red, green, blue];
}

/** In degrees; red is at 0. */
function hue(colour: string): number {
  const [red, green, blue] = channels(colour);
  return (Math.atan2(Math.sqrt(3) * (green - blue), 2 * red - green - blue) * (180 / Math.PI) + 360) % 360;
}

/** The contrast ratio of WCAG 2; graphics need 3. */
function contrast(one: string, other: string): number {
  const luminance = (colour: string) => {
    const [red, green, blue] = channels(colour).map((value) =>
      value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
  };
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}
