import { z } from 'zod';

export type Count = { passed: number; failed: number };

/** The part of vitest's JSON report that is used here. */
const reportSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string() })),
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
  const statuses = files.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status));
  const passed = statuses.filter((status) => status === 'passed').length;
  const unloaded = files.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((one) => one.status !== 'failed'),
  );
  const failed = statuses.length - passed + unloaded.length;
  const isVoid = failed === 0 && (!isGood || (passed === 0 && !mayBeNone));
  return { passed, failed: isVoid ? 1 : failed };
}

function readReport(report: string): z.output<typeof reportSchema>['testResults'] {
  try {
    return reportSchema.parse(JSON.parse(report)).testResults;
  } catch {
    return [];
  }
}
