import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';

/** Passes records on to the processor that `make` makes for the first one. */
export function deferLogProcessor(make: () => LogRecordProcessor): LogRecordProcessor {
  let made: LogRecordProcessor | undefined;
  const processor = () => {
    made ??= make();
    return made;
  };
  return {
    onEmit: (record, context) => processor().onEmit(record, context),
    forceFlush: async () => made?.forceFlush(),
    // A loss is counted; it is no reason to give up on the other signals.
    shutdown: async () => made?.shutdown().catch(() => undefined),
  };
}
