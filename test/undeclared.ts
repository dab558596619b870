import type {
  Attributes,
  LogDeclaration,
  MetricDeclaration,
  Owner,
  SpanDeclaration,
} from '@vitrine/service-kit/registry/declaration';
import * as instrumentations from '@vitrine/service-kit/registry/instrumentations';
import * as kit from '@vitrine/service-kit/registry/kit';
import * as shop from '@vitrine/service-kit/registry/shop';
import type { SunkLog, SunkPoint, SunkSpan } from './otlp-sink';

interface Telemetry {
  spans: Pick<SunkSpan, 'service' | 'scope' | 'name' | 'kind' | 'attributes' | 'events'>[];
  points: Pick<SunkPoint, 'service' | 'scope' | 'metric' | 'unit' | 'attributes'>[];
  logs: Pick<SunkLog, 'service' | 'body' | 'attributes'>[];
}

/** All that the shop emits of its own. */
export const declared = {
  spans: Object.values<SpanDeclaration>({ ...shop.spans, ...kit.spans }),
  metrics: Object.values<MetricDeclaration>({ ...shop.metrics, ...kit.metrics }),
  logs: [...Object.values<LogDeclaration>(shop.logs), ...Object.values<LogDeclaration>(kit.logs)],
};

/** Whether a body is the message of a declared log event. */
export function isMessage({ message }: { message: string }, body: unknown): boolean {
  return new RegExp(`^${message.replace(/\{\w+\}/g, '[\\w-]+')}$`).test(String(body));
}

const ofAnyValue = (names: readonly string[]): Attributes =>
  Object.fromEntries(names.map((name) => [name, { type: 'string', meaning: name }]));

/** What `err` becomes over OTLP. */
const EXCEPTION = ofAnyValue(['exception.type', 'exception.message', 'exception.stacktrace']);

/**
 * What was sent and is not declared: names of spans, events, metrics and log messages by whoever is not their owner, and
 * attributes of them with their values. Empty when all is well.
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
  for (const { service, scope, name, kind, attributes, events } of spans) {
    const what = `span ${name} of ${service}`;
    if (scope !== 'vitrine') {
      const isDatabase = scope.endsWith('mysql2');
      const declaration = instrumentations.spans.find(
        (span) => span.kind === kind && span.meaning.includes('database') === isDatabase,
      );
      check(what, attributes, declaration && ofAnyValue(declaration.attributes));
      continue;
    }
    const declaration = declared.spans.find((span) => span.name === name && mayBeOf(span, service));
    check(what, attributes, declaration?.attributes);
    for (const event of events)
      check(`${what}: event ${event.name}`, event.attributes, declaration?.events[event.name]?.attributes);
  }
  for (const { service, scope, metric, unit, attributes } of points) {
    const isThis = (declaration: { name: string; unit: string }) =>
      declaration.name === metric && declaration.unit === unit;
    const own = declared.metrics.find((declaration) => isThis(declaration) && mayBeOf(declaration, service));
    const foreign = instrumentations.metrics.find(isThis);
    const allowed = scope === 'vitrine' ? own?.attributes : foreign && ofAnyValue(foreign.attributes);
    check(`metric ${metric} in ${unit} of ${service}`, attributes, allowed);
  }
  for (const { service, body, attributes } of logs) {
    const fields = declared.logs.find((log) => isMessage(log, body) && mayBeOf(log, service))?.fields;
    check(
      `log ${body} of ${service}`,
      attributes,
      fields && { ...fields, ...('err' in fields && EXCEPTION) },
    );
  }
  return [...undeclared];
}

function mayBeOf({ owner }: { owner: Owner }, service: string): boolean {
  return owner === service || owner === 'every service';
}
