import { type Attributes as Labels, metrics } from '@opentelemetry/api';
import type { Attributes, MetricDeclaration, Values } from '../registry/declaration';

const meter = () => metrics.getMeter('vitrine');

/** The options of the API for a declared metric. */
function optionsOf({ unit, meaning, boundaries }: MetricDeclaration) {
  return {
    unit,
    description: meaning,
    ...(boundaries && { advice: { explicitBucketBoundaries: [...boundaries] } }),
  };
}

/**
 * Creates a counter. It starts at zero for each combination of attributes whose values are all known: `rate()` misses
 * the first increment of a series that begins with it.
 */
export function createCounter<const Declaration extends MetricDeclaration>(declaration: Declaration) {
  const counter = meter().createCounter(declaration.name, optionsOf(declaration));
  for (const labels of combinationsOf(declaration.attributes)) counter.add(0, labels);
  const limit = limiterOf(declaration.attributes);
  return {
    add(value: number, attributes: Values<Declaration['attributes']>): void {
      counter.add(value, limit(attributes));
    },
  };
}

/** Creates a histogram with the declared buckets. */
export function createHistogram<const Declaration extends MetricDeclaration>(declaration: Declaration) {
  const histogram = meter().createHistogram(declaration.name, optionsOf(declaration));
  const limit = limiterOf(declaration.attributes);
  return {
    record(value: number, attributes: Values<Declaration['attributes']>): void {
      histogram.record(value, limit(attributes));
    },
  };
}

/** Calls back for the values of a metric whenever metrics are sent. */
export function observe<const Declaration extends MetricDeclaration>(
  declaration: Declaration,
  callback: (tell: (value: number, attributes: Values<Declaration['attributes']>) => void) => void,
): void {
  const options = optionsOf(declaration);
  const instrument =
    declaration.instrument === 'observable counter'
      ? meter().createObservableCounter(declaration.name, options)
      : meter().createObservableUpDownCounter(declaration.name, options);
  instrument.addCallback((result) => callback((value, attributes) => result.observe(value, attributes)));
}

/** Every combination of attribute values; none when the values of an attribute are not known. */
function combinationsOf(attributes: Attributes): Labels[] {
  let combinations: Labels[] = [{}];
  for (const [name, { values = [], optional }] of Object.entries(attributes)) {
    if (optional) continue;
    combinations = combinations.flatMap((labels) => values.map((value) => ({ ...labels, [name]: value })));
  }
  return combinations;
}

/** Replaces values beyond the declared number of them by `other`. */
function limiterOf(attributes: Attributes): (labels: Labels) => Labels {
  const limited = Object.entries(attributes).flatMap(([name, { maxValues }]) =>
    maxValues === undefined ? [] : [{ name, maxValues, seen: new Set<unknown>() }],
  );
  if (limited.length === 0) return (labels) => labels;
  return (labels) => {
    const bounded = { ...labels };
    for (const { name, maxValues, seen } of limited) {
      const value = labels[name];
      if (seen.size < maxValues) seen.add(value);
      else if (!seen.has(value)) bounded[name] = 'other';
    }
    return bounded;
  };
}
