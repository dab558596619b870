/**
 * How long the service under test waits for its database and for each neighbour. Tests of these limits use the real
 * ones; in all others a busy machine may take its time.
 */
export const timeLimits = {
  real: { deadlineMs: 1000, timeoutMs: 1200 },
  ample: { deadlineMs: 15_000, timeoutMs: 15_000 },
};
export type TimeLimits = (typeof timeLimits)['real'];
