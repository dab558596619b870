import { expect, test } from 'vitest';
import { countTests } from '../src/test-count.ts';

const good = { isGood: true, mayBeNone: false };

function report(...files: [status: string, ...tests: string[]][]): string {
  const testResults = files.map(([status, ...tests]) => ({
    ...{ name: 'x.test.ts', status },
    assertionResults: tests.map((one) => ({ status: one })),
  }));
  return JSON.stringify({ testResults });
}

test.each([
  ['all passed', report(['passed', 'passed', 'passed'], ['passed', 'passed']), good, [3, 0]],
  ['one failed', report(['failed', 'passed', 'failed']), { ...good, isGood: false }, [1, 1]],
  ['one was skipped', report(['passed', 'passed', 'skipped']), good, [1, 1]],
  ['a file did not load', report(['passed', 'passed'], ['failed']), { ...good, isGood: false }, [1, 1]],
  ['a hook failed after the tests passed', report(['failed', 'passed']), { ...good, isGood: false }, [1, 1]],
  ['the runner crashed after passing', report(['passed', 'passed']), { ...good, isGood: false }, [1, 1]],
  ['there is no report', '', { ...good, isGood: false }, [0, 1]],
  ['no test ran', report(), good, [0, 1]],
  ['no test ran, and none had to', report(), { isGood: true, mayBeNone: true }, [0, 0]],
] as const)('When %s, then the count is right', (_, text, outcome, [passed, failed]) => {
  expect(countTests(text, outcome)).toEqual({ passed, failed });
});
