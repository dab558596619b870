/** The trace id in `text`, which may be a whole `traceparent` (https://www.w3.org/TR/trace-context/). */
export function readTraceId(text: string): string | undefined {
  const [, traceId] = /^(?:[0-9a-f]{2}-)?([0-9a-f]{32})(?:-[0-9a-f]{16}-[0-9a-f]{2})?$/.exec(
    text.trim().toLowerCase(),
  ) ?? [undefined];
  return traceId;
}
