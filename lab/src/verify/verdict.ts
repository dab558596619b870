import { alignColumns } from '../status-table.ts';
import { holds, type Verdict } from './check.ts';

/** More problems of a check are only counted. */
const shown = 5;

/** The checks as a table, each cause of failures once, and the score. */
export function verdictLines(verdict: Verdict): string[] {
  const { results, seconds } = verdict;
  const rows = results.map(({ group, name, problems }, index) => [
    group === results[index - 1]?.group ? '' : group,
    name,
    problems.length === 0 ? 'holds' : 'FAILS',
  ]);
  const said = new Set<string>();
  const causes = results.flatMap(({ group, name, problems }) => {
    const fresh = [...new Set(problems.map(causeOf))].filter((cause) => !said.has(cause));
    for (const cause of fresh) said.add(cause);
    if (fresh.length === 0) return [];
    const further = fresh.length > shown ? [`  … and ${fresh.length - shown} more (--json has all)`] : [];
    return ['', `${group}: ${name}`, ...fresh.slice(0, shown).map((cause) => `  ${cause}`), ...further];
  });
  return [
    ...alignColumns(rows),
    ...causes,
    '',
    `${score(verdict)} checks hold, after ${seconds.toFixed(0)} s.`,
  ];
}

/** A backend that cannot be asked makes many queries fail. */
function causeOf(problem: string): string {
  return /\w+ at \S+ cannot be asked: .*/.exec(problem)?.[0] ?? problem;
}

/** The verdict as JSON for programs. */
export function verdictAsJson(verdict: Verdict): string {
  const { results, seconds } = verdict;
  const checks = results.map((result) => ({ ...result, holds: result.problems.length === 0 }));
  return JSON.stringify({ holds: holds(verdict), score: score(verdict), seconds, checks }, undefined, 2);
}

function score({ results }: Verdict): string {
  return `${results.filter(({ problems }) => problems.length === 0).length} of ${results.length}`;
}
