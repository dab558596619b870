import { z } from 'zod';

/** The result of a test run; `failures` names each failed test and file, as far as the report does. */
export type Count = { passed: number; failed: number; failures: readonly string[] };

/** The part of vitest's JSON report that is used here. */
const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
});

/**
 * Counts a vitest run from the text of its JSON report. What was skipped has not passed, so it failed. A file
 * that could not be loaded counts as one failure, and so does a run that ended badly (`isGood` false) with no
 * failure in its report, or that ran no test where there must be some.
 */
export function countTests(
  report: string,
  { isGood, mayBeNone }: { isGood: boolean; mayBeNone: boolean },
): Count {
  const files = readReport(report);
  const tests = files.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ status, fullName }) => ({ status, title: `${name} > ${fullName}` })),
  );
  const bad = tests.filter(({ status }) => status !== 'passed');
  const unloaded = files.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((one) => one.status !== 'failed'),
  );
  const failures = [
    ...bad.map(({ status, title }) => (status === 'failed' ? title : `${title} (${status})`)),
    ...unloaded.map(({ name }) => `${name} (outside its tests)`),
  ];
  const passed = tests.length - bad.length;
  if (failures.length === 0 && (!isGood || (passed === 0 && !mayBeNone))) {
    failures.push(passed === 0 ? 'no test ran' : 'the run, though no test in it');
  }
  return { passed, failed: failures.length, failures };
}

function readReport(report: string): z.output<typeof reportSchema>['testResults'] {
  try {
    return reportSchema.parse(JSON.parse(report)).testResults;
  } catch {
    return [];
  }
}
