import { DEFAULT_INSTRUMENTATIONS } from '@vitrine/service-kit/telemetry/variables';
import { expect, test } from 'vitest';
import { rotate } from '../src/bench/price-list.ts';
import { priceRows } from '../src/bench/price-rows.ts';
import { contradictions, isNoise, priceTable, type Reading } from '../src/bench/price-table.ts';
import { productList, trip } from '../src/bench/scenarios.ts';

const bytes = { traces: 900, metrics: 90, logs: 10 };
const aReading: Omit<Reading, 'row'> = {
  ...{ count: 100, perSecond: 100, p50Ms: 1, p95Ms: 10, p99Ms: 20, failures: 0, cpuMs: 4 },
  ...{ residentBytes: 100e6, received: { spans: 10, bytes } },
};
const silence = { spans: 0, bytes: { traces: 0, metrics: 0, logs: 0 } };

/** One reading a round of a row that does `rates` requests a second. */
function rounds(row: string, rates: readonly number[], rest: Partial<Reading> = {}): Reading[] {
  return rates.map((perSecond) => ({ ...aReading, ...rest, row, perSecond }));
}

function namesOf(rows: readonly { name: string }[]): string[] {
  return rows.map(({ name }) => name);
}

test('The price list has a row for each instrumentation, signal and sampling rate', () => {
  expect(namesOf(priceRows)).toEqual([
    ...['off', 'no instrumentation'],
    ...['only http', 'only mysql2', 'only undici', 'only pino', 'only runtime-node'],
    ...['all', 'all but http', 'all but mysql2', 'all but undici', 'all but pino', 'all but runtime-node'],
    ...['all and express', 'all and net', 'all and dns', 'all and fs'],
    ...['sampled at 100 %', 'sampled at 10 %', 'sampled at 1 %', 'sampled at 0 %'],
    ...['without traces', 'without logs', 'without metrics', 'all, again'],
  ]);
  const environments = Object.fromEntries(priceRows.map(({ name, environment }) => [name, environment]));
  expect(environments).toMatchObject({
    'only http': { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http' },
    'all but http': { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http' },
    'all and express': { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,mysql2,undici,pino,runtime-node,express' },
    'sampled at 1 %': { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01' },
    all: {},
    'all, again': {},
  });
});

test('The price list takes for the default instrumentations what the services take for them', () => {
  const only = priceRows.flatMap(({ name }) => (name.startsWith('only ') ? [name.replace('only ', '')] : []));
  expect(only).toEqual(DEFAULT_INSTRUMENTATIONS);
});

test('The quick price list leaves out all but a few rows', () => {
  expect(namesOf(priceRows.filter(({ isQuick }) => isQuick))).toEqual([
    ...['off', 'all', 'all but http', 'all but mysql2', 'all but undici', 'all but pino'],
    ...['all but runtime-node', 'sampled at 10 %', 'all, again'],
  ]);
});

test('Each round begins with another row, and has them all', () => {
  const rows = [1, 2, 3, 4, 5, 6];
  expect([0, 1 / 3, 2 / 3].map((share) => rotate(rows, share).join(''))).toEqual([
    ...['123456', '345612', '561234'],
  ]);
});

test.each([
  {
    what: 'larger than that of the same row to itself',
    row: [0.8, 0.7, 0.9],
    same: [1.1, 0.95, 1],
    is: false,
  },
  {
    what: 'no larger than that of the same row to itself',
    row: [0.9, 0.85, 0.95],
    same: [1, 0.9, 1],
    is: true,
  },
  { what: 'an increase here and a decrease there', row: [0.7, 0.6, 1.1], same: [1.02, 0.99, 1], is: true },
  { what: 'none', row: [1, 1, 1], same: [1, 1, 1], is: true },
])('When a difference is $what, then being noise is $is', ({ row, same, is }) => {
  expect(isNoise(row, same)).toBe(is);
});

test('The table has medians and spread, and differences round by round, with what may be noise marked', () => {
  const readings = [
    ...rounds('off', [200, 100, 210], { received: silence, cpuMs: 2 }),
    ...rounds('all', [100, 50, 100]),
    ...rounds('all but pino', [104, 51, 103], { failures: 1 }),
    ...rounds('all, again', [95, 50, 100]),
  ];
  expect(priceTable(productList, readings)).toEqual([
    '| product list, 8 connections | per second | to all | to off | p95 ms | to all | to off | CPU ms each | to all | to off | MB | to all | to off | spans each | bytes each | failures |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|',
    '| off | 200 (100–210) | +100 % | – | 10.0 | ≈ 0 % | – | 2.000 | −50 % | – | 100 | ≈ 0 % | – | 0.00 | 0 | 0 |',
    '| all | 100 (50.0–100) | – | −50 % | 10.0 | – | ≈ 0 % | 4.000 | – | +100 % | 100 | – | ≈ 0 % | 10.00 | 1000 | 0 |',
    '| all but pino | 103 (51.0–104) | ≈ +3 % | −49 % | 10.0 | ≈ 0 % | ≈ 0 % | 4.000 | ≈ 0 % | +100 % | 100 | ≈ 0 % | ≈ 0 % | 10.00 | 1000 | 3 |',
    '| all, again | 95.0 (50.0–100) | ≈ 0 % | −52 % | 10.0 | ≈ 0 % | ≈ 0 % | 4.000 | ≈ 0 % | +100 % | 100 | ≈ 0 % | ≈ 0 % | 10.00 | 1000 | 0 |',
  ]);
});

/** Complaints about a row that sends `spans` a request where "all" sends ten. */
function complaintsOf(row: string, spans: number, load = trip, sent = bytes): string[] {
  const readings = [
    { ...aReading, row: 'all' },
    { ...aReading, row, received: { spans, bytes: sent } },
  ];
  return contradictions(load, priceRows, readings);
}

test.each([
  ['off', 0.1, trip],
  ['no instrumentation', 10, trip],
  ['only http', 10, trip],
  ['all but http', 10, productList],
  ['all but undici', 10, trip],
  ['all but undici', 7, productList],
  ['all but pino', 7, trip],
  ['all and express', 10, trip],
  ['all and fs', 7, trip],
  ['sampled at 100 %', 1, trip],
  ['sampled at 10 %', 10, trip],
  ['sampled at 10 %', 0, trip],
  ['sampled at 1 %', 10, trip],
  ['sampled at 0 %', 0.1, trip],
  ['without traces', 0.1, trip],
  ['without logs', 1, trip],
  ['all, again', 5, trip],
])('When "%s" sends %d spans for ten of "all", then that contradicts its variables', (row, spans, load) => {
  expect(complaintsOf(row, spans, load).join()).toContain(`"${row}"`);
});

test.each([
  ['only http', 4, trip],
  ['all but http', 6, productList],
  ['all but undici', 10, productList],
  ['all but pino', 9.8, trip],
  ['all and express', 40, trip],
  ['all and dns', 10, trip],
  ['sampled at 10 %', 1.3, trip],
  ['sampled at 1 %', 0, trip],
])('When "%s" sends %d spans for ten of "all", then nobody complains', (row, spans, load) => {
  expect(complaintsOf(row, spans, load)).toEqual([]);
});

test('When a signal arrives that a row switches off, then the complaint names the row, its variables and the signal', () => {
  const silent = complaintsOf('without logs', 10, trip, { ...bytes, logs: 0 });
  expect(silent).toEqual([]);
  expect(complaintsOf('without logs', 10)).toEqual(['"without logs" OTEL_LOGS_EXPORTER=none sends logs.']);
  expect(complaintsOf('off', 0)).toHaveLength(3);
});

test.each([
  { count: 100, failures: 2, complains: true },
  { count: 0, failures: 0, complains: true },
  { count: 100, failures: 1, complains: false },
])('When $failures requests fail and $count succeed, then to complain is $complains', (sample) => {
  const readings = [
    { ...aReading, row: 'all' },
    { ...aReading, row: 'all but pino', ...sample },
  ];
  expect(contradictions(trip, priceRows, readings).join()).toMatch(sample.complains ? /failures/ : /^$/);
});

test('When "all" sends no spans, then that alone is the complaint', () => {
  const readings = priceRows.map(({ name }) => ({ ...aReading, row: name, received: silence }));
  expect(contradictions(trip, priceRows, readings)).toEqual(['"all" sends no spans.']);
});
