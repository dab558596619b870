import { expect, test } from 'vitest';
import { countTests } from '../src/test-count.ts';

const good = { isGood: true, mayBeNone: false };

function report(...files: [status: string, ...tests: string[]][]): string {
  const testResults = files.map(([status, ...tests], index) => ({
    ...{ name: `file${index}`, status },
    assertionResults: tests.map((one) => ({ status: one, fullName: `${one} test` })),
  }));
  return JSON.stringify({ testResults });
}

const bad = { ...good, isGood: false };

test.each([
  ['all passed', report(['passed', 'passed', 'passed'], ['passed', 'passed']), good, 3, []],
  ['one failed', report(['failed', 'passed', 'failed']), bad, 1, ['file0 > failed test']],
  ['one was skipped', report(['passed', 'passed', 'skipped']), good, 1, ['file0 > skipped test (skipped)']],
  ['a file did not load', report(['passed', 'passed'], ['failed']), bad, 1, ['file1 (outside its tests)']],
  ['a hook failed after its tests', report(['failed', 'passed']), bad, 1, ['file0 (outside its tests)']],
  ['the runner crashed', report(['passed', 'passed']), bad, 1, ['the run, though no test in it']],
  ['there is no report', '', bad, 0, ['no test ran']],
  ['no test ran', report(), good, 0, ['no test ran']],
  ['no test ran, and none had to', report(), { isGood: true, mayBeNone: true }, 0, []],
] as const)('When %s, then it is counted, and failures are named', (_, text, outcome, passed, failures) => {
  expect(countTests(text, outcome)).toEqual({ passed, failed: failures.length, failures });
});
