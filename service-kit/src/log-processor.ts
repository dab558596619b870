import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import { observe } from './instruments';
import { metrics } from './registry/kit';

/** Counts records, and passes them on to the processor that `make` makes for the first one. */
export function countRecords(make: () => LogRecordProcessor): LogRecordProcessor {
  let made: LogRecordProcessor | undefined;
  let created = 0;
  const begin = () => {
    observe(metrics.logRecordsCreated, (tell) => tell(created, {}));
    return make();
  };
  return {
    onEmit(record, context) {
      made ??= begin();
      created += 1;
      made.onEmit(record, context);
    },
    forceFlush: async () => made?.forceFlush(),
    // A loss is counted; it is no reason to give up on the other signals.
    shutdown: async () => made?.shutdown().catch(() => undefined),
  };
}
