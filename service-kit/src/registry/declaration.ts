/** What is declared of a piece of telemetry: enough to write it, to check it, and to describe it to a person. */

export const SERVICES = ['frontend', 'user-service', 'product-service', 'order-service'] as const;
export type Service = (typeof SERVICES)[number];

export interface Attribute {
  type: 'string' | 'int' | 'double' | 'boolean' | 'error';
  meaning: string;
  unit?: string;
  /** All the values there are. */
  values?: readonly string[];
  /** On a metric, the number of different values: those that come later count as `other`. */
  maxValues?: number;
  /** Not always there. */
  optional?: true;
}

export type Attributes = Readonly<Record<string, Attribute>>;

type ValueOf<A extends Attribute> = A extends { values: readonly (infer Value)[] }
  ? Value
  : { string: string; int: number; double: number; boolean: boolean; error: unknown }[A['type']];

type OptionalNames<A extends Attributes> = {
  [Name in keyof A]: A[Name] extends { optional: true } ? Name : never;
}[keyof A];

/** The attributes that a declaration asks for. */
export type Values<A extends Attributes> = {
  -readonly [Name in Exclude<keyof A, OptionalNames<A>>]: ValueOf<A[Name]>;
} & { -readonly [Name in OptionalNames<A>]?: ValueOf<A[Name]> | undefined };

interface Made {
  /** Short names of the instrumentations that make it; without any, the shop's own code does. */
  by?: readonly string[];
  /** The service that makes it; without one, every service does. */
  owner?: Service;
}

export interface SpanDeclaration extends Made {
  /** A `{placeholder}` stands for a part that varies. */
  name: string;
  /** INTERNAL by default. */
  kind?: 'SERVER' | 'CLIENT' | 'INTERNAL';
  meaning: string;
  attributes: Attributes;
  events: Readonly<Record<string, { meaning: string; attributes: Attributes }>>;
}

export interface MetricDeclaration extends Made {
  name: string;
  /** Not of every process of its owners. */
  optional?: true;
  instrument: 'counter' | 'histogram' | 'observable counter' | 'observable up-down counter';
  /** UCUM; `{thing}` for a count of things. */
  unit: string;
  meaning: string;
  attributes: Attributes;
  /** Upper bounds of a histogram's buckets. */
  boundaries?: readonly number[];
}

export interface LogDeclaration extends Made {
  /** The body. A `{placeholder}` stands for a part that varies. */
  message: string;
  level: 'info' | 'warn' | 'error' | 'fatal';
  meaning: string;
  fields: Attributes;
}

/** The names under which it is sent (`otel.scope.name`). */
export function scopesOf({ by }: Made): readonly string[] {
  return by ? by.map((name) => `@opentelemetry/instrumentation-${name}`) : ['vitrine'];
}
