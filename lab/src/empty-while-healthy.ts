/** The last line of a query that may find nothing in a healthy shop. */
export const emptyWhileHealthy = '# empty while healthy';

/** Whether a query may rightly find nothing in a healthy shop; the query itself says so. */
export function mayBeEmpty(query: string): boolean {
  return query.trimEnd().split('\n').at(-1)?.trim() === emptyWhileHealthy;
}
