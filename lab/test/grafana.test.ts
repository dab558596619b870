import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { dashboards, fillIn, type Panel, readDataSources } from './grafana-files.ts';

const root = resolve(import.meta.dirname, '../..');
const urls = { PROMETHEUS_URL: 'http://p', JAEGER_URL: 'http://j', LOKI_URL: 'http://l' };
const dataSources = readDataSources(urls);
const panels = dashboards.flatMap((dashboard) =>
  dashboard.panels.map((panel) => ({ dashboard, panel, name: `${dashboard.title}: ${panel.title}` })),
);

test('The data sources have the ids and addresses by which dashboards and links find them', () => {
  expect(dataSources).toMatchObject([
    { type: 'prometheus', uid: 'prometheus', url: 'http://p' },
    { type: 'jaeger', uid: 'jaeger', url: 'http://j' },
    { type: 'loki', uid: 'loki', url: 'http://l' },
  ]);
});

test('Every link between data sources leads to one that is there', () => {
  const targets = dataSources.flatMap(({ jsonData }) => [
    ...(jsonData.exemplarTraceIdDestinations ?? []),
    ...(jsonData.derivedFields ?? []),
    ...[jsonData.tracesToLogsV2, jsonData.tracesToMetrics].filter((link) => link !== undefined),
  ]);
  const uids = targets.map(({ datasourceUid }) => datasourceUid);
  expect(uids.toSorted()).toEqual(['jaeger', 'jaeger', 'loki', 'prometheus']);
});

test.each(panels)(
  '$name asks a data source that is there, with variables that the dashboard has',
  ({ dashboard, panel }) => {
    const { type, uid } = panel.datasource;
    expect(dataSources).toContainEqual(expect.objectContaining({ type, uid }));
    const own = dashboard.templating.list.map(({ name, allValue }) => [name, allValue]);
    for (const { expr = '' } of panel.targets) {
      expect(() => fillIn(expr, { ...Object.fromEntries(own), __range: '15m' })).not.toThrow();
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

test.each(panels.filter(({ panel }) => panel.fieldConfig?.defaults.custom?.thresholdsStyle))(
  '$name draws its line where the alert fires',
  ({ panel }) => {
    const rules = globSync('prometheus/rules/*.yml', { cwd: root }).map((file) =>
      readFileSync(join(root, file), 'utf8'),
    );
    const metric = panel.targets[0]?.expr?.split('{')[0] ?? '';
    const [, limit] = new RegExp(`expr: ${metric} > ([\\d.]+)`).exec(rules.join('\n')) ?? [];
    expect(line(panel)).toBe(Number(limit));
  },
);

test('A link of a panel into Explore is one that Explore can read', () => {
  const links = panels.flatMap(({ panel }) => panel.fieldConfig?.defaults.links ?? []);
  const explore = links.filter(({ url }) => url.startsWith('/explore?'));
  expect(explore.length).toBeGreaterThan(0);
  for (const { url } of explore) {
    const filledIn = fillIn(url, { '__field.labels.service_name': 'frontend', __from: '1', __to: '2' });
    const panes = new URL(filledIn, 'http://grafana').searchParams.get('panes') ?? '';
    const { a } = JSON.parse(panes);
    expect(dataSources.map(({ uid }) => uid)).toContain(a.datasource);
    expect(JSON.stringify(a)).toContain('frontend');
    expect(a.range).toEqual({ from: '1', to: '2' });
  }
});

function line({ fieldConfig }: Panel): number | null | undefined {
  return fieldConfig?.defaults.thresholds?.steps.at(-1)?.value;
}
