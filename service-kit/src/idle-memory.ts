import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

const LOOK_MS = 5000;
/** A service at rest spends less than this share of its time in JavaScript. */
const REST = 0.1;
const GROWTH_BYTES = 16 * 1024 * 1024;
/**
 * A collection also throws away compiled code: the first ten seconds of load after it take a third more processor time. It
 * takes 50 to 100 ms, in which no request is answered.
 */
const REST_MS = 60_000;

/**
 * Collects all garbage now, and later whenever the service has been at rest for a minute after work that made its heap
 * grow: with little traffic V8 would keep that memory for good. Does nothing without `--expose-gc`.
 */
export function giveBackMemory(): void {
  const { gc } = globalThis;
  if (gc === undefined) return;
  let collectedBytes = 0;
  let restsSince = Date.now();
  const collect = () => {
    gc({ type: 'major', flavor: 'last-resort' });
    collectedBytes = heapBytes();
    restsSince = Date.now();
  };
  collect();
  let before = performance.eventLoopUtilization();
  const look = () => {
    const { utilization } = performance.eventLoopUtilization(before);
    before = performance.eventLoopUtilization();
    if (utilization >= REST) restsSince = Date.now();
    const isGrown = heapBytes() > collectedBytes + GROWTH_BYTES;
    if (isGrown && Date.now() - restsSince >= REST_MS) collect();
  };
  setInterval(look, LOOK_MS).unref();
}

function heapBytes(): number {
  return getHeapStatistics().total_physical_size;
}
