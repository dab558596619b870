/** Declarations of telemetry: code takes names and types from them, checks their rules, docs/telemetry.md its text. */

export const SERVICES = ['frontend', 'user-service', 'product-service', 'order-service'] as const;
export type Service = (typeof SERVICES)[number];

/** The `service.name` of the frontend's pages in browsers, which send telemetry with RUM=on. */
export const BROWSER = 'frontend-browser';

export interface Attribute {
  type: 'string' | 'int' | 'double' | 'boolean' | 'error';
  meaning: string;
  unit?: string;
  /** Lists all allowed values. */
  values?: readonly string[];
  /** Limits the different values on a metric: later ones count as `other`. */
  maxValues?: number;
  /** Some records lack the attribute. */
  optional?: true;
}

export type Attributes = Readonly<Record<string, Attribute>>;

type ValueOf<A extends Attribute> = A extends { values: readonly (infer Value)[] }
  ? Value
  : { string: string; int: number; double: number; boolean: boolean; error: unknown }[A['type']];

type OptionalNames<A extends Attributes> = {
  [Name in keyof A]: A[Name] extends { optional: true } ? Name : never;
}[keyof A];

/** Attribute values that fit a declaration. */
export type Values<A extends Attributes> = {
  -readonly [Name in Exclude<keyof A, OptionalNames<A>>]: ValueOf<A[Name]>;
} & { -readonly [Name in OptionalNames<A>]?: ValueOf<A[Name]> | undefined };

interface Source {
  /** Short names of the instrumentations that emit it; the default is the shop's own code. */
  by?: readonly string[];
  /** The only service that emits it; the default is every service. */
  owner?: Service | typeof BROWSER;
}

export interface SpanDeclaration extends Source {
  /** A `{placeholder}` stands for a part that varies. */
  name: string;
  /** INTERNAL by default. */
  kind?: 'SERVER' | 'CLIENT' | 'INTERNAL';
  meaning: string;
  attributes: Attributes;
  events: Readonly<Record<string, { meaning: string; attributes: Attributes }>>;
}

export interface MetricDeclaration extends Source {
  name: string;
  /** Some of its services lack the metric. */
  optional?: true;
  instrument: 'counter' | 'histogram' | 'observable counter' | 'observable up-down counter';
  /** UCUM; `{thing}` for a count of things. */
  unit: string;
  meaning: string;
  attributes: Attributes;
  /** Upper bounds of a histogram's buckets. */
  boundaries?: readonly number[];
}

export interface LogDeclaration extends Source {
  /** A `{placeholder}` stands for a part that varies. */
  message: string;
  level: 'info' | 'warn' | 'error' | 'fatal';
  meaning: string;
  fields: Attributes;
}
