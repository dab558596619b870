import type { DataTransformerConfig, DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard';
import { MappingType, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';
import { states } from './colours.ts';
import { link, placeholder, traceById } from './links.ts';
import { type Basics, type Column, table } from './panels.ts';
import { chosen, lines, sources } from './queries.ts';

/** The columns that a table of requests can have, by the fields of the services' log lines. */
const columns = {
  time: { field: 'Time', title: 'Time', width: 80, unit: 'time:HH:mm:ss' },
  service: { field: 'service_name', title: 'Service', width: 125 },
  method: { field: 'http_request_method', title: 'Method', width: 70 },
  path: { field: 'url_path', title: 'Path' },
  status: { field: 'http_response_status_code', title: 'Status', width: 65, properties: statusColours() },
  duration: { field: 'duration_ms', title: 'Duration', width: 90, unit: 'ms' },
  trace: {
    ...{ field: 'trace_id', title: 'Trace', width: 65 },
    link: link('Trace', traceById(placeholder('__value.raw'))),
    // The whole id would take half of the panel.
    properties: [
      {
        id: 'mappings',
        value: [{ type: MappingType.RegexToText, options: { pattern: '.+', result: { text: 'open' } } }],
      },
    ],
  },
} satisfies Record<string, Column>;

/**
 * The latest requests from the lines that services log for them: a trace names its earliest span, which need not be that of
 * the request. `filter` is LogQL that chooses among them.
 */
export function requests(
  options: Basics & { filter: string; columns: readonly (keyof typeof columns)[]; empty?: string },
) {
  const chosenColumns = options.columns.map((name) => columns[name]);
  return table({
    ...options,
    source: sources.loki,
    queries: [lines(`{service_namespace="vitrine", ${chosen}} | ${options.filter}`, 20).refId('A')],
    columns: chosenColumns,
    transformations: fieldsOfLines(
      chosenColumns.map(({ field }) => field).filter((field) => field !== 'Time'),
    ),
  });
}

/** A log line has its fields in one field, `labels`, all of them texts. */
function fieldsOfLines(fields: readonly string[]): DataTransformerConfig[] {
  const jsonPaths = fields.map((path) => ({ path, alias: path }));
  const numbers = ['http_response_status_code', 'duration_ms'].filter((field) => fields.includes(field));
  return [
    {
      id: 'extractFields',
      options: { source: 'labels', format: 'json', jsonPaths, replace: true, keepTime: true },
    },
    {
      id: 'convertFieldType',
      options: {
        conversions: numbers.map((targetField) => ({ targetField, destinationType: 'number' })),
      },
    },
  ];
}

function statusColours(): DynamicConfigValue[] {
  const steps = [
    { value: null, color: states.good },
    { value: 400, color: states.doubtful },
    { value: 500, color: states.bad },
  ];
  return [
    { id: 'thresholds', value: { mode: ThresholdsMode.Absolute, steps } },
    { id: 'custom.cellOptions', value: { type: 'color-text' } },
  ];
}
