import type { Figures } from './usage.ts';

/** The outcome of one run of a scenario. */
export type Sample = {
  /** The number of requests or trips that succeeded. */
  count: number;
  perSecond: number;
  /** The latencies are those of a request, or of a whole trip. */
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** The median latency of each step of a trip. */
  stepMs?: Figures;
  /** Unexpected answers and failed connections. */
  failures: number;
};

/** `durationsMs` has one entry for each success within `seconds`. */
export function summarize(durationsMs: number[], seconds: number, failures: number): Sample {
  const sorted = durationsMs.toSorted((a, b) => a - b);
  const percentile = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return {
    count: sorted.length,
    perSecond: sorted.length / seconds,
    p50Ms: percentile(0.5),
    p95Ms: percentile(0.95),
    p99Ms: percentile(0.99),
    failures,
  };
}

/** Finds the least, middle and greatest value; of two in the middle it takes the lower one. */
export function spread(values: readonly number[]): { min: number; median: number; max: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return { min: at(0), median: at(Math.floor((sorted.length - 1) / 2)), max: at(sorted.length - 1) };
}
