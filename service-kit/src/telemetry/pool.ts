import type { Pool } from 'mysql2';
import { z } from 'zod';
import { metrics, spans } from '../registry/kit';
import { createCounter, createHistogram, observe } from './instruments';
import { errorTypeOf, recordSpan } from './spans';

/** A shorter wait that ends well makes no span. */
const VISIBLE_WAIT_MS = 10;

const timeouts = createCounter(metrics.connectionTimeouts);
const waitTime = createHistogram(metrics.connectionWaitTime);
const useTime = createHistogram(metrics.connectionUseTime);

/** Follows one piece of work from the wait for a connection to its release. */
export interface ConnectionUse {
  obtained(): void;
  /** Instead of `ended`: the time of the work was over, with or without a connection. */
  timedOut(): void;
  /** @param error why no connection could be had */
  ended(error?: Error): void;
}

/** Private fields of mysql2's pool, which has no public ones for its state. */
const poolState = z.object({
  _allConnections: z.object({ length: z.int() }),
  _freeConnections: z.object({ length: z.int() }),
  _connectionQueue: z.object({ length: z.int() }),
});

const pools = new Map<Pool, { schema: string; size: number }>();

/** Reports on a pool until it is closed. `schema` names it; `size` is the most connections that it may have. */
export function watchPool(pool: Pool, { schema, size }: { schema: string; size: number }) {
  pools.set(pool, { schema, size });
  const attributes = { 'db.client.connection.pool.name': schema };
  timeouts.add(0, attributes);

  return {
    /** Has to be called when work begins to wait for a connection. */
    use(): ConnectionUse {
      const askedAt = performance.now();
      let obtainedAt: number | undefined;
      const endWait = (endedAt: number, errorType?: string) => {
        const outcome = errorType === undefined ? attributes : { ...attributes, 'error.type': errorType };
        waitTime.record((endedAt - askedAt) / 1000, outcome);
        if (errorType === undefined && endedAt - askedAt < VISIBLE_WAIT_MS) return;
        recordSpan(spans.poolWait, { startedAt: askedAt, endedAt }, outcome);
      };
      return {
        obtained() {
          obtainedAt = performance.now();
          endWait(obtainedAt);
        },
        timedOut() {
          if (obtainedAt !== undefined) return this.ended();
          timeouts.add(1, attributes);
          endWait(performance.now(), 'timeout');
        },
        ended(error) {
          if (error) endWait(performance.now(), errorTypeOf(error));
          if (obtainedAt !== undefined) useTime.record((performance.now() - obtainedAt) / 1000, attributes);
        },
      };
    },
    close: () => pools.delete(pool),
  };
}

const states = () =>
  Array.from(pools, ([pool, { schema, size }]) => ({
    attributes: { 'db.client.connection.pool.name': schema },
    size,
    ...poolState.parse(pool),
  }));
observe(metrics.connectionCount, (tell) => {
  for (const { attributes, _allConnections: all, _freeConnections: free } of states()) {
    tell(free.length, { ...attributes, 'db.client.connection.state': 'idle' });
    tell(all.length - free.length, { ...attributes, 'db.client.connection.state': 'used' });
  }
});
observe(metrics.connectionMax, (tell) => {
  for (const { attributes, size } of states()) tell(size, attributes);
});
observe(metrics.connectionPendingRequests, (tell) => {
  for (const { attributes, _connectionQueue: queue } of states()) tell(queue.length, attributes);
});
