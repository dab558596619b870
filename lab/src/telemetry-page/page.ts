import type {
  Attribute,
  Attributes,
  LogDeclaration,
  MetricDeclaration,
  SpanDeclaration,
} from '@vitrine/service-kit/registry/declaration';
import * as kit from '@vitrine/service-kit/registry/kit';
import * as shop from '@vitrine/service-kit/registry/shop';
import { prometheusName } from './prometheus-name.ts';
import { metrics as runtimeMetrics } from './runtime-metrics.ts';

const INTRODUCTION = `# What the shop tells about itself

<!-- Made by \`npm run docs\` from service-kit/src/registry; a test compares the two. -->

Every service sends traces, metrics and logs to the collector, and nowhere else. What it makes of its own is declared in
\`service-kit/src/registry\`, and its code takes the names from there. The rest is what Node's runtime and the SDK tell.

- **Resource** of everything: \`service.name\`, \`service.namespace\` = vitrine, \`service.version\`, \`service.instance.id\`
  (another one at each start), \`deployment.environment.name\` = lab, and host and process.
  \`OTEL_RESOURCE_ATTRIBUTES\` adds to it or says otherwise.
- **Secrets and persons.** Passwords, api keys, cookies, e-mail addresses and card numbers are masked before anything
  leaves the process, and again in the collector. Of a person there is the id, on spans and in logs, and what a client
  puts into a path or a query that looks like none of these; nothing of it is on a metric. A client's address is nowhere.
- **Labels are few.** A path that no route fits counts as route \`/*\`, an unusual method as \`_OTHER\`, and products
  beyond the first 200 as \`other\`: scans and big catalogues make no new series.
- **When the collector is away**, batches are held for half a minute and tried again each second, and new spans and
  log records wait in queues of 8192. What is lost nonetheless is counted: \`otel.sdk.processor.*.processed\` with an
  \`error.type\`. Metrics are cumulative and have only a gap.
- **In Prometheus** each metric has the labels \`service_name\`, \`job\` and \`instance\` besides its own.
`;

/** The reference of all telemetry, as Markdown. */
export function telemetryPage(): string {
  const metrics = [
    ...Object.values<MetricDeclaration>(shop.metrics),
    ...Object.values<MetricDeclaration>(kit.metrics),
  ];
  const logs = [...Object.values<LogDeclaration>(shop.logs), ...Object.values<LogDeclaration>(kit.logs)];
  const spans = [...Object.values<SpanDeclaration>(shop.spans), ...Object.values<SpanDeclaration>(kit.spans)];
  return [
    INTRODUCTION,
    '## Spans\n',
    ...spans.map(describeSpan),
    'A failure is a status and, on the request that met it and on the spans above, an event `exception` with type and',
    'message; that of a bug with its stack as well. The span of a request ends with its HTTP status as `error.type`.\n',
    '## Metrics\n',
    '### The shop’s own\n',
    table(
      ['metric', 'in Prometheus', 'of', 'kind, unit', 'what', 'attributes'],
      metrics.map((metric) => [
        code(metric.name),
        code(prometheusName(metric)),
        `${ownerOf(metric)}${metric.optional ? ' that has some' : ''}`,
        `${metric.instrument}, ${metric.unit}`,
        metric.meaning,
        Object.entries(metric.attributes).map(describeAttribute).join('<br>'),
      ]),
    ),
    '### Of the runtime and the SDK\n',
    table(
      ['metric', 'in Prometheus', 'kind, unit', 'what', 'attributes'],
      runtimeMetrics.map((metric) => [
        code(metric.name),
        code(prometheusName(metric)),
        `${metric.instrument}, ${metric.unit}`,
        metric.meaning,
        metric.attributes.map(code).join(' '),
      ]),
    ),
    'The collector makes `traces_span_metrics_calls_total` and `traces_span_metrics_duration_seconds` of the spans, with',
    'exemplars.\n',
    '## Log events\n',
    'Lines of JSON on standard output, and log records whose body is the message. Those of a request carry `trace_id` and',
    '`span_id`. An `err` of a line is `exception.type` (its code, where it has one), `exception.message` and',
    '`exception.stacktrace` (with those of its causes) of the record.\n',
    table(
      ['message', 'of', 'level', 'what', 'fields'],
      logs.map((log) => [
        code(log.message),
        ownerOf(log),
        log.level,
        log.meaning,
        Object.entries<Attribute>(log.fields).map(describeAttribute).join('<br>'),
      ]),
    ),
  ].join('\n');
}

function describeSpan(span: SpanDeclaration): string {
  const { name, kind, meaning, attributes, events } = span;
  const happened = Object.entries(events).map(
    ([event, declared]) =>
      `- Event ${code(event)}: ${declared.meaning}${Object.keys(declared.attributes).map((own) => `, with ${code(own)}`)}`,
  );
  return [
    `**${code(name)}** (${[ownerOf(span), kind].filter(Boolean).join(', ')}): ${meaning.replace(/\?$|$/, (end) => end || '.')}\n`,
    attributeTable(attributes),
    ...(happened.length > 0 ? [`${happened.join('\n')}\n`] : []),
  ].join('\n');
}

function ownerOf({ by, owner = 'every service' }: { by?: readonly string[]; owner?: string }): string {
  return by ? `${owner}, by instrumentation-${by.join(' and -')}` : owner;
}

function attributeTable(attributes: Attributes): string {
  return table(
    ['attribute', 'type', 'what'],
    Object.entries(attributes).map(([name, attribute]) => [
      code(name),
      [attribute.type, attribute.unit].filter(Boolean).join(', '),
      [attribute.meaning, valuesOf(attribute), attribute.optional && 'not always there']
        .filter(Boolean)
        .join('; '),
    ]),
  );
}

function describeAttribute([name, attribute]: [string, Attribute]): string {
  const details = [
    attribute.meaning,
    attribute.unit,
    valuesOf(attribute),
    attribute.optional && 'not always there',
  ];
  return `${code(name)}: ${details.filter(Boolean).join('; ')}`;
}

function valuesOf({ values, maxValues }: Attribute): string | undefined {
  if (maxValues) return `at most ${maxValues} values, then \`other\``;
  return values?.map(code).join(' or ');
}

function table(head: string[], rows: (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}
