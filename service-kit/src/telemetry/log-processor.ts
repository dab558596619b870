import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import { metrics } from '../registry/kit';
import { observe } from './instruments';

/** Counts records, and hands them on to the processor that `makeNext` makes for the first one. */
export function processLogRecords(makeNext: () => LogRecordProcessor): LogRecordProcessor {
  let next: LogRecordProcessor | undefined;
  let created = 0;
  const begin = () => {
    observe(metrics.logRecordsCreated, (tell) => tell(created, {}));
    return makeNext();
  };
  return {
    onEmit(record, context) {
      next ??= begin();
      created += 1;
      next.onEmit(record, context);
    },
    forceFlush: async () => next?.forceFlush(),
    // A loss is counted; it is no reason to give up on the other signals.
    shutdown: async () => next?.shutdown().catch(() => undefined),
  };
}
