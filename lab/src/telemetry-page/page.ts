import * as browser from '@vitrine/service-kit/registry/browser';
import type {
  Attribute,
  Attributes,
  LogDeclaration,
  MetricDeclaration,
  SpanDeclaration,
} from '@vitrine/service-kit/registry/declaration';
import * as kit from '@vitrine/service-kit/registry/kit';
import { metrics as runtimeMetrics } from '@vitrine/service-kit/registry/runtime';
import * as shop from '@vitrine/service-kit/registry/shop';
import { honoured, refused } from '@vitrine/service-kit/telemetry/variables';
import { prometheusName } from './prometheus-name.ts';

type Honoured = (typeof honoured)[keyof typeof honoured];

const INTRODUCTION = `# Telemetry of the shop

<!-- Made by \`npm run docs\` from service-kit/src/registry and service-kit/src/telemetry/variables.ts; a test compares the two. -->

Every service sends traces, metrics and logs to the collector, and nowhere else. Most of it is made by instrumentations
of \`@opentelemetry/auto-instrumentations-node\`, the rest by the shop's own code and the SDK.
\`service-kit/src/registry\` declares both, and the code takes its names from there.

- **Resource.** Everything carries \`service.name\`, \`service.namespace\` = vitrine, \`service.version\`,
  \`service.instance.id\` (a new one at each start), \`deployment.environment.name\` = lab, and attributes of the host and
  the process. \`OTEL_RESOURCE_ATTRIBUTES\` adds or replaces attributes other than \`service.name\` and
  \`service.namespace\`.
- **Secrets and personal data.** Passwords, api keys, cookies, e-mail addresses and card numbers are masked before
  anything leaves the process, and again in the collector. Spans and logs contain user ids and whatever else a client
  writes into a path or a query; metrics contain neither. The client's address is never recorded.
- **Cardinality.** Paths without a route count as route \`/*\`, unknown methods as \`_OTHER\`, and products beyond the first
  200 as \`other\`: scans and large catalogues add no series.
- **Collector outages.** Services hold batches for half a minute and retry each second; new spans and log records wait in
  queues of 8192. \`otel.sdk.processor.*.processed\` with an \`error.type\` counts what is lost. Metrics are cumulative and
  have only a gap.
- **Failed** spans have an \`error.type\`, also where it is not listed.
- **Optional** attributes are missing on some spans, points or lines; an optional metric is missing in some services.
- **Prometheus.** Each metric has the labels \`service_name\`, \`job\` and \`instance\` besides its own. Prometheus puts a
  zero where a counter or histogram begins, so \`rate()\` and \`increase()\` miss none of its first events.
- **Sizes.** A span or log record keeps at most 4000 characters of a text from outside, so a batch of a service is smaller
  than the 8 MiB that the collector takes at once; it divides what it sends on.
`;

const SWITCHES = `## Variables

A service refuses an unknown name or a value that means nothing at its start, and says what helps. All of these variables
reach the services, except that files for TLS do not with Docker; there, \`./start.sh\` refuses what would be lost, if it
finds Node.
`;

const BY_HAND = `## What is done by hand, and why

The instrumentations do the rest. Most of it is in \`service-kit/src/telemetry\`.

- **Probes and static files** make neither spans nor metrics: they would hide the requests that people look for.
- **Routes** come from our HTTP shell (\`http-route.ts\`): the instrumentation of Express wraps every middleware for them, and knows none of a
  request that is refused early. A 405 and an unknown path are \`/*\`, and odd methods name no span: scans add no series.
- **Abandoned answers** have no status: the instrumentation says 200. An answer that the service breaks off counts as 500.
- **Status messages** of failed requests are put back: the instrumentation replaces them by none.
- **Addresses**: the visitor's is dropped, and forwarding headers, which anyone can write, do not set the server's.
- **\`peer.service\`** on calls is the name of the neighbour: natively all have the same address.
- **Masking** of spans, log lines and errors (\`mask.ts\`) happens before anything leaves the process.
- **The exporter** holds and tries again: the OTLP/gRPC exporter tries once, and its client backs off for two minutes.
- **Pool waits** are spans and metrics of ours: mysql2's instrumentation begins when there is a connection, in the trace
  of the request that opened it.
- **Statements**: their durations, a mark on slow ones, and \`error.type\`, none of which the instrumentation makes.
- **Errors in logs** (\`logger.ts\`) keep class, code and causes: the instrumentation takes the code for the type and drops the rest.
- **CPU, memory and ordered end of the process**, which no instrumentation of the default list measures.
- **Spans and log records begun** are counted by our processors: the SDK's counters cost 5 % of a request.
- **Buckets and descriptions** of the HTTP histograms are set by views: fewer series, and one meaning for two makers.
- **The context of requests** is bound by one wrapper around \`emit\`: the SDK's wraps each listener, 35 µs a request.
- **The checkout's two spans and the shop's metrics**, made in the services, say what no library can know.
`;

/** Writes the reference of all telemetry as Markdown. */
export function telemetryPage(): string {
  const metrics = [
    ...Object.values<MetricDeclaration>(shop.metrics),
    ...Object.values<MetricDeclaration>(kit.metrics),
  ];
  const logs = [...Object.values<LogDeclaration>(shop.logs), ...Object.values<LogDeclaration>(kit.logs)];
  const spans = [...Object.values<SpanDeclaration>(shop.spans), ...Object.values<SpanDeclaration>(kit.spans)];
  return [
    INTRODUCTION,
    SWITCHES,
    table(
      ['variable', 'default', 'what it shows or does'],
      [...groupOf(honoured).map(describeHonoured), ...groupOf(refused).map(describeRefused)],
    ),
    BY_HAND,
    '## Spans\n',
    ...spans.map(describeSpan),
    'A failed span has the status ERROR. The span of the request and the spans above the failure also have an event',
    '`exception` with type and message, and for a bug with the stack. The span of a request has its HTTP status as',
    '`error.type`.\n',
    '### Spans of browsers\n',
    'Pages send them only with RUM=on ([browser.md](browser.md)), within the trace of the request. Of the resource',
    'attributes they have `service.name`, `service.namespace` and `deployment.environment.name`.\n',
    ...Object.values<SpanDeclaration>(browser.spans).map(describeSpan),
    '## Metrics\n',
    '### Metrics of the shop\n',
    table(
      ['metric', 'in Prometheus', 'sent by', 'kind, unit', 'meaning', 'attributes'],
      metrics.map((metric) => [
        code(metric.name),
        code(prometheusName(metric)),
        `${ownerOf(metric)}${metric.optional ? ', optional' : ''}`,
        `${metric.instrument}, ${metric.unit}`,
        metric.meaning,
        Object.entries(metric.attributes).map(describeAttribute).join('<br>'),
      ]),
    ),
    '### Metrics of the runtime and the SDK\n',
    table(
      ['metric', 'in Prometheus', 'kind, unit', 'meaning', 'attributes'],
      runtimeMetrics.map((metric) => [
        code(metric.name),
        code(prometheusName(metric)),
        `${metric.instrument}, ${metric.unit}`,
        metric.meaning,
        metric.attributes.map(code).join(' '),
      ]),
    ),
    'The collector derives `traces_span_metrics_calls_total` and `traces_span_metrics_duration_seconds` from the spans,',
    'with exemplars. Their labels are `service_name`, `span_name`, `span_kind`, `status_code` and, where the span has the',
    'attribute, `http_response_status_code`, `peer_service`, `db_system_name`, `http_route` and `browser_web_vital_rating`.\n',
    '## Log events\n',
    'Each event is a JSON line on standard output and a log record with the message as its body. Events of a request carry',
    '`trace_id` and `span_id`. The record has the line’s `err` as `exception.type` (its class), `exception.message` and',
    '`exception.stacktrace` (with the stacks of its causes); line and record have `error.code`, `error.errno`,',
    '`error.syscall` and `error.sqlState` where the error has them.\n',
    table(
      ['message', 'sent by', 'level', 'meaning', 'fields'],
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

/** Names that share a declaration share a row. */
function groupOf<Declared>(variables: Readonly<Record<string, Declared>>) {
  const rows = Map.groupBy(Object.entries(variables), ([, declared]) => declared);
  return [...rows].map(([declared, entries]) => ({
    names: entries.map(([name]) => code(name)).join('<br>'),
    declared,
  }));
}

function describeHonoured({ names, declared }: { names: string; declared: Honoured }): string[] {
  const { data } = declared.safeParse(undefined);
  return [names, data === undefined ? '' : code(String(data)), declared.description ?? ''];
}

function describeRefused({ names, declared }: { names: string; declared: string }): string[] {
  return [names, '', `Refused: ${declared}`];
}

function describeSpan(span: SpanDeclaration): string {
  const { name, kind, meaning, attributes, events } = span;
  const eventLines = Object.entries(events).map(
    ([event, declared]) =>
      `- Event ${code(event)}: ${declared.meaning}${Object.keys(declared.attributes).map((attribute) => `, with ${code(attribute)}`)}`,
  );
  return [
    `**${code(name)}** (${[ownerOf(span), kind].filter(Boolean).join(', ')}): ${meaning}.\n`,
    attributeTable(attributes),
    ...(eventLines.length > 0 ? [`${eventLines.join('\n')}\n`] : []),
  ].join('\n');
}

function ownerOf({ by, owner = 'every service' }: { by?: readonly string[]; owner?: string }): string {
  return by ? `${owner}, by instrumentation-${by.join(' and -')}` : owner;
}

function attributeTable(attributes: Attributes): string {
  return table(
    ['attribute', 'type', 'meaning'],
    Object.entries(attributes).map(([name, attribute]) => [
      code(name),
      [attribute.type, attribute.unit].filter(Boolean).join(', '),
      [attribute.meaning, valuesOf(attribute), attribute.optional && 'optional'].filter(Boolean).join('; '),
    ]),
  );
}

function describeAttribute([name, attribute]: [string, Attribute]): string {
  const details = [attribute.meaning, attribute.unit, valuesOf(attribute), attribute.optional && 'optional'];
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
