import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { expect, test } from 'vitest';
import { createCounter, createHistogram } from '../src/telemetry/instruments';

const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));

const visits = { instrument: 'counter', unit: '{visit}', meaning: 'Visits' } as const;

/** Returns a counter's values, or a histogram's counts, by the value of its only attribute. */
async function pointsOf(name: string): Promise<Record<string, unknown>> {
  exporter.reset();
  await reader.forceFlush();
  const all = exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  const points = all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
  return Object.fromEntries(
    points.map(({ attributes, value }) => [
      String(Object.values(attributes)[0]),
      typeof value === 'object' ? value.count : value,
    ]),
  );
}

test('When all values of an attribute are declared, then each is counted from zero on', async () => {
  const attributes = { day: { type: 'string', values: ['today', 'tomorrow'], meaning: 'When' } } as const;
  const counter = createCounter({ ...visits, name: 'visits.by.day', attributes });
  counter.add(2, { day: 'today' });
  expect(await pointsOf('visits.by.day')).toEqual({ today: 2, tomorrow: 0 });
});

test('When an attribute has more values than declared, then the later ones count as other', async () => {
  const attributes = { room: { type: 'string', maxValues: 2, meaning: 'Where' } } as const;
  const counter = createCounter({ ...visits, name: 'visits.by.room', attributes });
  const histogram = createHistogram({ ...visits, name: 'stay.by.room', instrument: 'histogram', attributes });
  for (const room of ['a', 'b', 'c', 'd', 'a']) {
    counter.add(1, { room });
    histogram.record(0.5, { room });
  }
  expect(await pointsOf('visits.by.room')).toEqual({ a: 2, b: 1, other: 2 });
  expect(await pointsOf('stay.by.room')).toEqual({ a: 2, b: 1, other: 2 });
});
