import type { Stores } from '../query/stores.ts';
import { type Check, lookIntoEach, messageOf } from './check.ts';
import { choicesOf, fillIn, rangeSeconds, stepValues, type Values } from './fill-in.ts';
import {
  type Dashboard,
  type DataSource,
  type Panel,
  readDashboards,
  readDataSources,
  type Source,
  sourcesFile,
  type Target,
} from './grafana-files.ts';
import { linksOf } from './links.ts';
import type { Names } from './names.ts';
import { whatIsWrong } from './queries.ts';
import { shared } from './shared.ts';

/** Checks that every query of every panel, variable and mark finds something, filled in as Grafana does it. */
export function checkDashboards(root: string, stores: Stores, names: () => Promise<Names>): readonly Check[] {
  const sources = readDataSources(root);
  const dashboards = readDashboards(root);
  return [
    {
      ...{ group: 'dashboards', name: 'data sources' },
      look: async () => [
        ...sources.flatMap((source) => linkProblems(source, sources)),
        ...dashboards.flatMap((one) => sourceProblems(one, sources)),
      ],
    },
    ...dashboards.map((dashboard) => checkQueries(dashboard, sources, stores, names)),
  ];
}

/** A target of a panel, or the query of a mark; `from` says where it stands. */
export type Asked = { from: string; source: Source | undefined; target: Target; isForEvents: boolean };

export function asksOf({ panels, annotations }: Dashboard): readonly Asked[] {
  const ofPanel = ({ title, datasource, targets, panels = [] }: Panel): Asked[] => [
    ...targets.map((target) => ({
      ...{ from: `panel “${title}”`, source: target.datasource ?? datasource ?? undefined, target },
      isForEvents: false,
    })),
    ...panels.flatMap(ofPanel),
  ];
  const ofAnnotations = annotations.list.map(({ name, datasource, expr, step, target }) => ({
    ...{ from: `annotation “${name}”`, source: datasource, isForEvents: true },
    target: {
      ...{ legendFormat: '', exemplar: false, instant: false, interval: step },
      expr: expr ?? target?.expr,
    },
  }));
  return [...panels.flatMap(ofPanel), ...ofAnnotations];
}

function checkQueries(
  dashboard: Dashboard,
  sources: readonly DataSource[],
  stores: Stores,
  names: () => Promise<Names>,
): Check {
  const all = asksOf(dashboard);
  const range = () => ({ startMs: Date.now() - rangeSeconds(dashboard) * 1000, endMs: Date.now() });
  const askOnce = async (
    { source, target, isForEvents }: Asked,
    values: Values,
  ): Promise<readonly string[]> => {
    const { expr = '', service = '', operation, legendFormat: legend, exemplar: isExemplar } = target;
    const type = sources.find(({ uid }) => uid === source?.uid)?.type;
    // The check of the data sources says it.
    if (type === undefined) return [];
    if (type === 'jaeger') {
      const span = operation && fillIn(operation, values);
      const search = { service: fillIn(service, values), operation: span, ...range(), limit: 1 };
      return (await stores.jaeger.findTraces(search)).length > 0 ? [] : ['it finds no trace'];
    }
    if (expr.trim() === '') return ['it has no query (expr)'];
    const text = fillIn(expr, { ...values, ...stepValues(target.interval) });
    const query = { type, text, legend, isExemplar, isForEvents };
    return whatIsWrong(query, stores, await names(), range());
  };
  const choices = shared(() => choicesOf(dashboard, stores));
  /** Of several choices, one that finds something is enough. */
  const look = async (asked: Asked) => {
    let problems: readonly string[] = [];
    for (const values of await choices()) {
      problems = await askOnce(asked, values).catch((error) => [messageOf(error)]);
      if (problems.length === 0) break;
    }
    return problems.map((problem) => `grafana/dashboards/${dashboard.file}, ${asked.from}: ${problem}`);
  };
  return {
    ...{ group: 'dashboards', name: `${dashboard.title}, ${all.length} queries` },
    look: lookIntoEach(all, look),
  };
}

/** What Grafana brings along. */
const ownSources = ['-- Grafana --', '-- Mixed --', '-- Dashboard --', 'grafana', '__expr__'];

function sourceProblems(dashboard: Dashboard, sources: readonly DataSource[]): readonly string[] {
  const variables = dashboard.templating.list.map(({ name, datasource }) => ({
    ...{ from: `variable “${name}”`, source: datasource ?? undefined },
  }));
  return [...asksOf(dashboard), ...variables].flatMap(({ from, source }) => {
    if (source === undefined || ownSources.includes(source.uid)) return [];
    const { uid, type } = source;
    if (sources.some((one) => one.uid === uid && (type === undefined || one.type === type))) return [];
    return [
      `grafana/dashboards/${dashboard.file}, ${from}: asks the data source ${uid} (${type}), which ${sourcesFile} does not have.`,
    ];
  });
}

function linkProblems(source: DataSource, sources: readonly DataSource[]): readonly string[] {
  try {
    return linksOf(source)
      .filter(({ uid, type }) => !sources.some((one) => one.uid === uid && one.type === type))
      .map(
        ({ name, uid, type }) =>
          `${sourcesFile}, ${source.uid}: ${name} leads to ${uid}, which is no data source of type ${type}.`,
      );
  } catch (error) {
    return [messageOf(error)];
  }
}
