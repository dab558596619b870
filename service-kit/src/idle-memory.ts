import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

const LOOK_MS = 5000;
/** A service at rest spends less than this share of its time in JavaScript. */
const REST = 0.1;
const GROWTH_BYTES = 16 * 1024 * 1024;
/** A collection takes 50 to 100 ms, in which no request is answered. */
const PAUSE_MS = 60_000;

/**
 * Collects all garbage now, and later whenever the service is at rest again after work that made its heap grow: with little
 * traffic V8 would keep that memory for good. Does nothing without `--expose-gc`.
 */
export function giveBackMemory(): void {
  const { gc } = globalThis;
  if (gc === undefined) return;
  let after = { atMs: 0, bytes: 0 };
  const collect = () => {
    gc({ type: 'major', flavor: 'last-resort' });
    after = { atMs: Date.now(), bytes: heapBytes() };
  };
  collect();
  let before = performance.eventLoopUtilization();
  const look = () => {
    const { utilization } = performance.eventLoopUtilization(before);
    before = performance.eventLoopUtilization();
    const isGrown = heapBytes() > after.bytes + GROWTH_BYTES;
    if (isGrown && utilization < REST && Date.now() > after.atMs + PAUSE_MS) collect();
  };
  setInterval(look, LOOK_MS).unref();
}

function heapBytes(): number {
  return getHeapStatistics().total_physical_size;
}
