import * as browser from './browser';
import {
  type Attribute,
  type Attributes,
  type LogDeclaration,
  type MetricDeclaration,
  SERVICES,
  type SpanDeclaration,
} from './declaration';
import * as kit from './kit';
import { metrics as runtimeMetrics } from './runtime';
import * as shop from './shop';

type Values = Readonly<Record<string, unknown>>;

/** Telemetry that arrived somewhere, in the words of the registry. */
export type Telemetry = {
  spans: readonly {
    service: string;
    scope: string;
    name: string;
    kind: 'SERVER' | 'CLIENT' | 'INTERNAL' | 'PRODUCER' | 'CONSUMER';
    attributes: Values;
    events: readonly { name: string; attributes: Values }[];
  }[];
  points: readonly { service: string; scope: string; metric: string; unit: string; attributes: Values }[];
  logs: readonly { service: string; body: unknown; attributes: Values }[];
};

/** Everything that the registry declares of the services. */
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
  return isNamedAs(declaration, span) && lackingIn(declaration, span).length === 0;
}

function isNamedAs(declaration: SpanDeclaration, span: Telemetry['spans'][number]): boolean {
  const { name, kind = 'INTERNAL' } = declaration;
  const hasName = new RegExp(`^${name.replace(/\{\w+\}/g, '\\S+')}$`).test(span.name);
  return scopesOf(declaration).includes(span.scope) && span.kind === kind && hasName;
}

/** Lists the required attributes that the span lacks. */
function lackingIn({ attributes }: SpanDeclaration, span: Telemetry['spans'][number]): string[] {
  return Object.keys(attributes).filter((one) => !attributes[one]?.optional && !(one in span.attributes));
}

/** Declares attributes that may have any value, as that of an error has. */
const withAnyValue = (names: readonly string[]): Attributes =>
  Object.fromEntries(names.map((name) => [name, { type: 'error', meaning: name }]));

/** What any span has that failed. */
const FAILURE = withAnyValue(['error.type']);
/** The attributes of an error on a span. */
const EXCEPTION = withAnyValue(['exception.type', 'exception.message', 'exception.stacktrace']);
/** The attributes of a log record's `err` in OTLP. */
export const LOGGED_ERROR = {
  ...EXCEPTION,
  ...withAnyValue(['error.code', 'error.errno', 'error.syscall', 'error.sqlState']),
};

/** Whether a value has the type. Prometheus and Loki keep every value as a text, in which a number may stand. */
function hasType(value: unknown, type: Attribute['type'], mayBeText: boolean): boolean {
  const number = mayBeText && typeof value === 'string' && value !== '' ? Number(value) : value;
  switch (type) {
    case 'int':
      return Number.isInteger(number);
    case 'double':
      return typeof number === 'number' && !Number.isNaN(number);
    case 'boolean':
      return typeof value === 'boolean' || (mayBeText && /^(?:true|false)$/.test(String(value)));
    case 'string':
      return typeof value === 'string';
    case 'error':
      return true;
  }
}

/**
 * Lists what was sent but is not declared for its service: spans, events, metrics and log messages, attributes with
 * values or types that are not, and spans without an attribute that they must have.
 */
export function undeclaredIn({ spans, points, logs }: Telemetry): string[] {
  const undeclared = new Set<string>();
  const check = (what: string, attributes: Values, allowed: Attributes | undefined, mayBeText = true) => {
    if (!allowed) undeclared.add(what);
    for (const [name, value] of Object.entries(attributes)) {
      const declaration = allowed?.[name];
      const isAllowed = declaration?.values?.includes(String(value)) ?? declaration !== undefined;
      if (!isAllowed) undeclared.add(`${what} ${name}=${value}`);
      else if (declaration && !hasType(value, declaration.type, mayBeText))
        undeclared.add(
          `${what} ${name}=${value}, a ${typeof value} that should be of type ${declaration.type}`,
        );
    }
  };
  for (const span of spans) {
    const what = `span ${span.name} of ${span.service}`;
    const declaration = [...declared.spans, ...Object.values<SpanDeclaration>(browser.spans)].find(
      (one) => mayComeFrom(one, span.service) && isNamedAs(one, span),
    );
    for (const name of declaration ? lackingIn(declaration, span) : [])
      undeclared.add(`${what} without ${name}`);
    check(what, span.attributes, declaration && { ...FAILURE, ...declaration.attributes }, false);
    for (const { name, attributes } of span.events) {
      const isException = name === 'exception';
      check(
        `${what}: event ${name}`,
        attributes,
        isException ? EXCEPTION : declaration?.events[name]?.attributes,
        false,
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
