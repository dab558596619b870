/**
 * How long the part under test waits for its database and for each neighbour. Files of tests that measure this use the
 * limits of the real part; in all others a busy machine may take its time.
 */
export const timeLimits = {
  service: { deadlineMs: 1000, timeoutMs: 1200 },
  frontend: { deadlineMs: 1000, timeoutMs: 1800 },
  ample: { deadlineMs: 15_000, timeoutMs: 15_000 },
};
export type TimeLimits = (typeof timeLimits)['ample'];
