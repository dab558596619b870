import { join } from 'node:path';
import { expect, test } from 'vitest';
import { benchAgainst } from '../src/bench/against.ts';
import { againstTable, comparisonLines, type Measurement, memoryTable } from '../src/bench/report.ts';
import { chooseScenarios, scenarios } from '../src/bench/scenarios.ts';
import { inTurn } from '../src/bench/turns.ts';
import { UsageError } from '../src/lab-error.ts';
import { temporaryFolder } from './temporary-folder.ts';

const aRun: Omit<Measurement, 'variant'> = {
  ...{ scenario: 'home page', count: 100, perSecond: 100, p50Ms: 1, p95Ms: 10, p99Ms: 20, failures: 0 },
  ...{ cpuMs: 4, spans: 2 },
};

test('When two builds are compared, then each round of a shop is set against the same round of the other build’s', () => {
  const rates = {
    'this, on': [50, 200, 120],
    'other, on': [100, 100, 100],
    'other again, on': [110, 90, 100],
    'this again, on': [55, 180, 120],
  };
  const runs = Object.entries(rates).flatMap(([variant, each]) =>
    each.map((perSecond) => ({ ...aRun, variant, perSecond, spans: variant === 'this, on' ? 3 : 2 })),
  );
  expect(againstTable(runs)).toContain(
    '| home page | on | 120 % (50–200) | 100 % (90–110) | 100 % (100–100) | 100 % (100–100) | 100 % (100–100) | 100 % (100–100) | 3.00 / 2.00 |',
  );
});

test('When the bare handler was not measured, then nothing is compared with it', () => {
  const runs = ['telemetry off', 'telemetry on'].map((variant) => ({ ...aRun, variant }));
  expect(comparisonLines(runs).join('\n')).not.toMatch(/bare handler/);
  expect(comparisonLines([{ ...aRun, variant: 'bare handler', perSecond: 125 }, ...runs]).join('\n')).toMatch(
    /against the bare handler: 80 % \(80–80\)/,
  );
});

test('The memory of all services leaves out the databases', () => {
  const parts = ['frontend', 'order-service', 'order_dbase'].map((part) => ({
    ...{ part, residentBytes: 80e6, privateBytes: 30e6 },
  }));
  expect(memoryTable({ off: parts, on: parts }).at(-1)).toBe('| all services | 160 (60) | 160 (60) |');
});

test('Contenders take turns in reversed order every other round', () => {
  expect([1, 2, 3].map((round) => inTurn(['a', 'b'], round).join(''))).toEqual(['ab', 'ba', 'ab']);
});

test('When scenarios are chosen by words, then those with the words in their names are run', () => {
  expect(chooseScenarios('trip')).toHaveLength(2);
  expect(chooseScenarios('')).toEqual(scenarios);
  expect(() => chooseScenarios('nonsense')).toThrow(UsageError);
});

test('When the other build is none, then the bench says in one line what its folder lacks', async () => {
  const folder = join(temporaryFolder(), 'absent');
  const conversation = { report: () => {}, signal: new AbortController().signal };
  await expect(benchAgainst(folder, scenarios, { rounds: 1, seconds: 1 }, conversation)).rejects.toThrow(
    new UsageError(`--against: ${folder} is no build of Vitrine, for it has no scripts/node.sh.`),
  );
});
