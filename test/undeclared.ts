import {
  type Attributes,
  type LogDeclaration,
  type MetricDeclaration,
  SERVICES,
  type SpanDeclaration,
  scopesOf,
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

/** All that the shop emits of its own. */
export const declared = {
  spans: Object.values<SpanDeclaration>({ ...shop.spans, ...kit.spans }),
  metrics: Object.values<MetricDeclaration>({ ...shop.metrics, ...kit.metrics }),
  logs: [...Object.values<LogDeclaration>(shop.logs), ...Object.values<LogDeclaration>(kit.logs)],
};

/** Of which services a metric must be there; for one that not all have, it is enough that one of them has it. */
export function missingOwners({ owner, optional }: MetricDeclaration, seen: readonly string[]): string[] {
  const owners = owner ? [owner] : SERVICES;
  const missing = owners.filter((service) => !seen.includes(service));
  return optional && missing.length < owners.length ? [] : missing;
}

/** Whether a body is the message of a declared log event. */
export function isMessage({ message }: { message: string }, body: unknown): boolean {
  return new RegExp(`^${message.replace(/\{\w+\}/g, '[\\w-]+')}$`).test(String(body));
}

type Seen = Telemetry['spans'][number];

/** Whether a span is one of these: its maker, kind, name and the attributes that are always there tell. */
export function isDeclaredAs(declaration: SpanDeclaration, span: Seen): boolean {
  const { name, kind = 'INTERNAL', attributes } = declaration;
  const hasName = new RegExp(`^${name.replace(/\{\w+\}/g, '\\S+')}$`).test(span.name);
  const required = Object.keys(attributes).filter((one) => !attributes[one]?.optional);
  const isOwn = scopesOf(declaration).includes(span.scope) && span.kind === kind;
  return isOwn && hasName && required.every((one) => one in span.attributes);
}

const ofAnyValue = (names: readonly string[]): Attributes =>
  Object.fromEntries(names.map((name) => [name, { type: 'string', meaning: name }]));

/** An error becomes this on a span. */
const EXCEPTION = ofAnyValue(['exception.type', 'exception.message', 'exception.stacktrace']);
/** `err` of a log event becomes this over OTLP. */
const LOGGED_ERROR = {
  ...EXCEPTION,
  ...ofAnyValue(['error.code', 'error.errno', 'error.syscall', 'error.sqlState']),
};

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
  for (const span of spans) {
    const what = `span ${span.name} of ${span.service}`;
    const declaration = declared.spans.find((one) => mayBeOf(one, span.service) && isDeclaredAs(one, span));
    check(what, span.attributes, declaration?.attributes);
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
    const isThis = (declaration: { name: string; unit: string }) =>
      declaration.name === metric && declaration.unit === unit;
    const own = declared.metrics.find(
      (one) => isThis(one) && mayBeOf(one, service) && scopesOf(one).includes(scope),
    );
    const foreign = scope === 'vitrine' ? undefined : runtimeMetrics.find(isThis);
    const allowed = own?.attributes ?? (foreign && ofAnyValue(foreign.attributes));
    check(`metric ${metric} in ${unit} of ${service}`, attributes, allowed);
  }
  for (const { service, body, attributes } of logs) {
    const fields = declared.logs.find((log) => isMessage(log, body) && mayBeOf(log, service))?.fields;
    check(
      `log ${body} of ${service}`,
      attributes,
      fields && { ...fields, ...('err' in fields && LOGGED_ERROR) },
    );
  }
  return [...undeclared];
}

function mayBeOf({ owner }: { owner?: string }, service: string): boolean {
  return owner === undefined || owner === service;
}
