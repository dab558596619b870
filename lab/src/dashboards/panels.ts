import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  type DataSourceRef,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type DashboardLink,
  type DataTransformerConfig,
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  type Panel,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as LogsBuilder } from '@grafana/grafana-foundation-sdk/logs';
import {
  ArcOptionBuilder,
  EdgeOptionsBuilder,
  PanelBuilder as NodeGraphBuilder,
  NodeOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/nodegraph';
import type { DataqueryBuilder as PrometheusQuery } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { ownerColours, states } from './colours.ts';
import { lines, type Query, sources } from './queries.ts';

/** What every panel has. Widths are in columns, of which a dashboard has 24; a row of panels fills them. */
export type Basics = { title: string; description: string; width: number; height: number };

type NumberOptions = Basics & {
  queries: readonly PrometheusQuery[];
  unit?: string;
  decimals?: number;
  links?: readonly Builder<DashboardLink>[];
};

/** A number, or one for each series. */
export function stat({
  tint,
  sparkline = false,
  ...options
}: NumberOptions & {
  /** Tints the tile: the steps of the value, the first one from below. */
  tint?: readonly Threshold[];
  /** Draws the time range behind the number; needs `graph` as the query. */
  sparkline?: boolean;
}): StatBuilder {
  return numbers(new StatBuilder(), options)
    .min(0)
    .noValue('0')
    .thresholds(steps(tint ?? [{ value: null, color: states.neutral }]))
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .colorMode(tint ? BigValueColorMode.Background : BigValueColorMode.Value)
    .graphMode(sparkline ? BigValueGraphMode.Area : BigValueGraphMode.None);
}

/** A tile for each part that is either there, with the value 1, or away, with 0. */
export function lights(options: NumberOptions & { away: string }): StatBuilder {
  const tint = [
    { value: null, color: states.bad },
    { value: 1, color: states.good },
  ];
  return stat({ ...options, tint })
    .mappings([
      {
        type: MappingType.ValueToText,
        options: { '0': { text: options.away, color: states.bad }, '1': { text: 'Up', color: states.good } },
      },
    ])
    .textMode(BigValueTextMode.ValueAndName);
}

/** Lines over time, from 0 upwards. */
export function timeSeries({
  limit,
  softMax,
  colours,
  stacked = false,
  ...options
}: NumberOptions & {
  /** A dashed line, where an alert fires, say. */
  limit?: number;
  /** The axis reaches at least so far: then small values do not fill the panel, and the limit is in sight. */
  softMax?: number;
  /** Colours by the name of the series; services and schemas have theirs. */
  colours?: Readonly<Record<string, string>>;
  stacked?: boolean;
}): TimeSeriesBuilder {
  const builder = numbers(new TimeSeriesBuilder(), options)
    .min(0)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .lineWidth(2)
    .fillOpacity(stacked ? 40 : 8)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  for (const [name, fixedColor] of Object.entries({ ...ownerColours, ...colours })) {
    builder.overrideByName(name, [{ id: 'color', value: { mode: FieldColorModeId.Fixed, fixedColor } }]);
  }
  if (stacked) builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
  if (softMax !== undefined) builder.axisSoftMax(softMax);
  if (limit === undefined) return builder;
  return builder
    .thresholds(
      steps([
        { value: null, color: states.good },
        { value: limit, color: states.bad },
      ]),
    )
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
}

/** A bar for each series, as long as its present value. */
export function bars(options: NumberOptions): BarGaugeBuilder {
  return numbers(new BarGaugeBuilder(), options)
    .min(0)
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor(states.event))
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']));
}

/** A column of a table: the field that it shows, and how. */
export type Column = {
  field: string;
  title: string;
  /** In pixels; columns without one share the rest. */
  width?: number;
  unit?: string;
  /** What the cell leads to. */
  link?: Builder<DashboardLink>;
  properties?: readonly DynamicConfigValue[];
};

/** A table with these columns, in this order; other fields are not shown. */
export function table(
  options: Basics & {
    source?: DataSourceRef;
    queries: readonly Query[];
    columns: readonly Column[];
    /** What to do to the data first. */
    transformations?: readonly DataTransformerConfig[];
    /** Instead of "No data". */
    empty?: string;
  },
): TableBuilder {
  const { source = sources.prometheus, queries, columns, transformations = [], empty } = options;
  const fields = columns.map(({ field }) => field);
  const builder = basics(new TableBuilder(), options)
    .datasource(source)
    .targets([...queries])
    .transformations([
      ...transformations,
      { id: 'filterFieldsByName', options: { include: { names: fields } } },
      {
        id: 'organize',
        options: {
          indexByName: Object.fromEntries(fields.map((field, index) => [field, index])),
          renameByName: Object.fromEntries(columns.map(({ field, title }) => [field, title])),
        },
      },
    ]);
  if (empty) builder.noValue(empty);
  for (const { title, width, unit, link, properties = [] } of columns) {
    builder.overrideByName(title, [
      ...(width ? [{ id: 'custom.width', value: width }] : []),
      ...(unit ? [{ id: 'unit', value: unit }] : []),
      ...(link ? [{ id: 'links', value: [link.build()] }] : []),
      ...properties,
    ]);
  }
  return builder;
}

/** Log lines, the newest first. */
export function logs(options: Basics & { query: string; empty?: string }): LogsBuilder {
  const builder = basics(new LogsBuilder(), options)
    .datasource(sources.loki)
    .withTarget(lines(options.query, 100).refId('A'))
    .showTime(true)
    .enableLogDetails(true);
  return options.empty ? builder.noValue(options.empty) : builder;
}

/**
 * Circles with arrows between them. The fields of a circle are id, title, subtitle, mainstat and secondarystat, the numbers
 * in it, arc__failed and arc__answered, the shares of its ring, and fixedX and fixedY, its place. Those of an arrow are id,
 * source, target, mainstat and secondarystat. The panel writes the units behind the numbers as they are.
 */
export function nodeGraph(
  options: Basics & {
    queries: readonly Query[];
    transformations: readonly DataTransformerConfig[];
    units: { main: string; secondary: string };
  },
): NodeGraphBuilder {
  const { queries, transformations, units } = options;
  const arc = (field: string, color: string) => new ArcOptionBuilder().field(field).color(color);
  return basics(new NodeGraphBuilder(), options)
    .datasource(sources.prometheus)
    .targets([...queries])
    .transformations([...transformations])
    .nodes(
      new NodeOptionsBuilder()
        .mainStatUnit(units.main)
        .secondaryStatUnit(units.secondary)
        .arcs([arc('arc__failed', states.bad), arc('arc__answered', states.good)]),
    )
    .overrideByName('arc__failed', [{ id: 'displayName', value: 'Failed' }])
    .overrideByName('arc__answered', [{ id: 'displayName', value: 'Answered' }])
    .edges(new EdgeOptionsBuilder().mainStatUnit(units.main).secondaryStatUnit(units.secondary));
}

type Common = Builder<Panel> & {
  title(title: string): unknown;
  description(description: string): unknown;
  span(width: number): unknown;
  height(height: number): unknown;
};

function basics<Panel extends Common>(builder: Panel, { title, description, width, height }: Basics): Panel {
  builder.title(title);
  builder.description(description);
  builder.span(width);
  builder.height(height);
  return builder;
}

type Numbers = Common & {
  datasource(source: DataSourceRef): unknown;
  targets(queries: PrometheusQuery[]): unknown;
  unit(unit: string): unknown;
  decimals(decimals: number): unknown;
  dataLinks(links: Builder<DashboardLink>[]): unknown;
};

function numbers<Panel extends Numbers>(builder: Panel, options: NumberOptions): Panel {
  const { queries, unit = 'none', decimals, links = [] } = options;
  builder.datasource(sources.prometheus);
  builder.targets(queries.map((query, index) => query.refId(String.fromCharCode(65 + index))));
  builder.unit(unit);
  if (decimals !== undefined) builder.decimals(decimals);
  if (links.length > 0) builder.dataLinks([...links]);
  return basics(builder, options);
}

function steps(thresholds: readonly Threshold[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...thresholds]);
}
