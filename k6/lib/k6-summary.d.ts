/** What k6 passes to handleSummary; source: https://grafana.com/docs/k6/latest/results-output/end-of-test/custom-summary/ */
export type Metrics = Record<
  string,
  { values: Record<string, number>; thresholds?: Record<string, { ok: boolean }> }
>;
export type Summary = { metrics: Metrics; root_group: object; state: { testRunDurationMs: number } };
