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
    forceFlush: () => processor().forceFlush(),
    shutdown: () => processor().shutdown(),
  };
}
