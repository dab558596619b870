import type {
  Attributes,
  LogDeclaration,
  MetricDeclaration,
  SpanDeclaration,
} from '@vitrine/service-kit/registry/declaration';
import * as instrumentations from '@vitrine/service-kit/registry/instrumentations';
import * as kit from '@vitrine/service-kit/registry/kit';
import * as shop from '@vitrine/service-kit/registry/shop';
import type { SunkLog, SunkPoint, SunkSpan } from './otlp-sink';

interface Telemetry {
  spans: Pick<SunkSpan, 'scope' | 'name' | 'kind' | 'attributes' | 'events'>[];
  points: Pick<SunkPoint, 'scope' | 'metric' | 'attributes'>[];
  logs: Pick<SunkLog, 'body' | 'attributes'>[];
}

/** All that the shop emits of its own. */
export const declared = {
  spans: Object.values<SpanDeclaration>({ ...shop.spans, ...kit.spans }),
  metrics: Object.values<MetricDeclaration>({ ...shop.metrics, ...kit.metrics }),
  logs: [...Object.values<LogDeclaration>(shop.logs), ...Object.values<LogDeclaration>(kit.logs)],
};

/** What `err` becomes over OTLP. */
const EXCEPTION = Object.fromEntries(
  ['type', 'message', 'stacktrace'].map(
    (part) => [`exception.${part}`, { type: 'string', meaning: part }] as const,
  ),
);

/**
 * What was sent and is not declared: names of spans, events, metrics and log messages, and attributes of them with their
 * values. Empty when all is well.
 */
export function undeclaredIn({ spans, points, logs }: Telemetry): string[] {
  const undeclared = new Set<string>();
  const check = (what: string, attributes: Record<string, unknown>, allowed: Attributes | undefined) => {
    if (!allowed) undeclared.add(what);
    for (const [name, value] of Object.entries(attributes)) {
      const declaration = allowed?.[name];
      const isAllowed = declaration?.values?.includes(String(value)) ?? declaration !== undefined;
      if (!isAllowed) undeclared.add(`${what} ${name}=${value}`);
    }
  };
  for (const { name, attributes, events } of spans.filter(({ scope }) => scope === 'vitrine')) {
    const declaration = declared.spans.find((span) => span.name === name);
    check(`span ${name}`, attributes, declaration?.attributes);
    for (const event of events)
      check(`event ${event.name}`, event.attributes, declaration?.events[event.name]?.attributes);
  }
  for (const { name, kind, scope, attributes } of spans.filter((span) => span.scope !== 'vitrine')) {
    const isDatabase = scope.endsWith('mysql2');
    const declaration = instrumentations.spans.find(
      (span) => span.kind === kind && span.meaning.includes('database') === isDatabase,
    );
    for (const attribute of Object.keys(attributes))
      if (!declaration?.attributes.includes(attribute)) undeclared.add(`span ${name} ${attribute}`);
  }
  for (const { metric, attributes, scope } of points) {
    if (scope === 'vitrine')
      check(`metric ${metric}`, attributes, declared.metrics.find(({ name }) => name === metric)?.attributes);
    const declaration = instrumentations.metrics.find(({ name }) => name === metric);
    if (scope !== 'vitrine')
      for (const attribute of [metric, ...Object.keys(attributes)])
        if (attribute !== declaration?.name && !declaration?.attributes.includes(attribute))
          undeclared.add(`metric ${metric} ${attribute}`);
  }
  for (const { body, attributes } of logs) {
    const declaration = declared.logs.find(({ message }) =>
      new RegExp(`^${message.replace(/\{\w+\}/g, '.+')}$`).test(String(body)),
    );
    check(
      `log ${body}`,
      attributes,
      declaration && { ...declaration.fields, ...('err' in declaration.fields && EXCEPTION) },
    );
  }
  return [...undeclared];
}
