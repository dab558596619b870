import {
  type Attributes,
  type LogDeclaration,
  type MetricDeclaration,
  SERVICES,
  type SpanDeclaration,
} from '@vitrine/service-kit/registry/declaration';
import * as kit from '@vitrine/service-kit/registry/kit';
import * as shop from '@vitrine/service-kit/registry/shop';
import { metrics as runtimeMetrics } from '../lab/src/telemetry-page/runtime-metrics.ts';
import type { SunkLog, SunkPoint, SunkSpan } from './otlp-sink';

interface Telemetry {
  spans: Pick<SunkSpan, 'service' | 'scope' | 'name' | 'kind' | 'attributes' | 'events'>[];
  points: Pick<SunkPoint, 'service' | 'scope' | 'metric' | 'unit' | 'attributes'>[];
  logs: Pick<SunkLog, 'service' | 'body' | 'attributes'>[];
}

/** Everything the registry declares. */
export const declared = {
  spans: Object.values<SpanDeclaration>({ ...shop.spans, ...kit.spans }),
  metrics: Object.values<MetricDeclaration>({ ...shop.metrics, ...kit.metrics }),
  logs: [...Object.values<LogDeclaration>(shop.logs), ...Object.values<LogDeclaration>(kit.logs)],
};

/** Lists the services that should send a metric but do not; one sender is enough for an optional metric. */
export function missingOwners({ owner, optional }: MetricDeclaration, seen: readonly string[]): string[] {
  const owners = owner ? [owner] : SERVICES;
  const missing = owners.filter((service) => !seen.includes(service));
  return optional && missing.length < owners.length ? [] : missing;
}

/** Tells whether a log body is the declared message. */
export function isMessage({ message }: { message: string }, body: unknown): boolean {
  return new RegExp(`^${message.replace(/\{\w+\}/g, '[\\w-]+')}$`).test(String(body));
}

/** Tells whether a span has the declared scope, kind, name and required attributes. */
export function isDeclaredAs(declaration: SpanDeclaration, span: Telemetry['spans'][number]): boolean {
  const { name, kind = 'INTERNAL', attributes } = declaration;
  const hasName = new RegExp(`^${name.replace(/\{\w+\}/g, '\\S+')}$`).test(span.name);
  const required = Object.keys(attributes).filter((one) => !attributes[one]?.optional);
  const isOwn = scopesOf(declaration).includes(span.scope) && span.kind === kind;
  return isOwn && hasName && required.every((one) => one in span.attributes);
}

/** Declares attributes that may have any value. */
const withAnyValue = (names: readonly string[]): Attributes =>
  Object.fromEntries(names.map((name) => [name, { type: 'string', meaning: name }]));

/** What any span has that failed. */
const FAILURE = withAnyValue(['error.type']);
/** The attributes of an error on a span. */
const EXCEPTION = withAnyValue(['exception.type', 'exception.message', 'exception.stacktrace']);
/** The attributes of a log record's `err` in OTLP. */
export const LOGGED_ERROR = {
  ...EXCEPTION,
  ...withAnyValue(['error.code', 'error.errno', 'error.syscall', 'error.sqlState']),
};

/**
 * Lists what was sent but is not declared for its service: spans, events, metrics and log messages, and attributes with
 * their values.
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
  for (const span of spans) {
    const what = `span ${span.name} of ${span.service}`;
    const declaration = declared.spans.find(
      (one) => mayComeFrom(one, span.service) && isDeclaredAs(one, span),
    );
    check(what, span.attributes, declaration && { ...FAILURE, ...declaration.attributes });
    for (const { name, attributes } of span.events) {
      const isException = name === 'exception';
      check(
        `${what}: event ${name}`,
        attributes,
        isException ? EXCEPTION : declaration?.events[name]?.attributes,
      );
    }
  }
  for (const { service, scope, metric, unit, attributes } of points) {
    const matches = (declaration: { name: string; unit: string }) =>
      declaration.name === metric && declaration.unit === unit;
    const own = declared.metrics.find(
      (one) => matches(one) && mayComeFrom(one, service) && scopesOf(one).includes(scope),
    );
    const runtime = scope === 'vitrine' ? undefined : runtimeMetrics.find(matches);
    const allowed = own?.attributes ?? (runtime && withAnyValue(runtime.attributes));
    check(`metric ${metric} in ${unit} of ${service}`, attributes, allowed);
  }
  for (const { service, body, attributes } of logs) {
    const fields = declared.logs.find((log) => isMessage(log, body) && mayComeFrom(log, service))?.fields;
    check(
      `log ${body} of ${service}`,
      attributes,
      fields && { ...fields, ...('err' in fields && LOGGED_ERROR) },
    );
  }
  return [...undeclared];
}

function mayComeFrom({ owner }: { owner?: string }, service: string): boolean {
  return owner === undefined || owner === service;
}

/** Lists the instrumentation scopes (`otel.scope.name`) that send the declared telemetry. */
export function scopesOf({ by }: { by?: readonly string[] }): readonly string[] {
  return by ? by.map((name) => `@opentelemetry/instrumentation-${name}`) : ['vitrine'];
}
