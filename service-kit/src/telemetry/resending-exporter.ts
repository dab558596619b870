import { setTimeout as delay } from 'node:timers/promises';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';

/** The methods that the exporters of the three signals share. */
interface Exporter<Batch> {
  export(batch: Batch, done: (result: ExportResult) => void): void;
  shutdown(): Promise<void>;
}

interface Holding {
  /** How long a batch that could not be delivered is held and tried again. */
  holdMs: number;
  retryMs: number;
  /** Once aborted, a held batch gets one last try at once. */
  stopping: AbortSignal;
}

/** The gRPC codes after which OTLP tries again. Source: https://opentelemetry.io/docs/specs/otlp/#failures */
const RETRYABLE = new Set([1, 4, 10, 11, 14, 15]);

/**
 * An exporter that outlasts a collector's outage; the OTLP/gRPC exporter alone tries once. After a failure it makes a new
 * client under another user agent: gRPC clients with equal options share a connection and its back-off, which grows to
 * two minutes (https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md). It gives up on a batch, by reporting
 * the failure, when its time is over, and at once when the collector refuses it for good. Where the
 * client's own timeout is no shorter than `holdMs`, a collector that hangs is not asked twice: it may have taken the batch.
 */
export function resend<Batch>(
  makeClient: (userAgent: string) => Exporter<Batch>,
  { holdMs, retryMs, stopping }: Holding,
) {
  let client: Exporter<Batch> | undefined;
  let clientsMade = 0;
  const deliveries = new Set<Promise<void>>();

  async function tryOnce(batch: Batch): Promise<ExportResult> {
    if (!client) {
      clientsMade += 1;
      client = makeClient(`vitrine/${clientsMade}`);
    }
    const asked = client;
    const result = await new Promise<ExportResult>((resolve) => asked.export(batch, resolve));
    if (result.code !== ExportResultCode.SUCCESS && client === asked) {
      client = undefined;
      asked.shutdown().catch(() => undefined);
    }
    return result;
  }

  async function deliver(batch: Batch): Promise<ExportResult> {
    const givingUpAt = Date.now() + holdMs;
    for (;;) {
      const isLastTry = stopping.aborted;
      const result = await tryOnce(batch);
      if (result.code === ExportResultCode.SUCCESS || isLastTry || isFinal(result.error)) return result;
      if (Date.now() + retryMs > givingUpAt) return result;
      await delay(retryMs, undefined, { signal: stopping, ref: false }).catch(() => undefined);
    }
  }

  return {
    export(batch: Batch, done: (result: ExportResult) => void): void {
      const delivery = deliver(batch)
        .catch((error: Error) => ({ code: ExportResultCode.FAILED, error }))
        .then(done)
        .finally(() => deliveries.delete(delivery));
      deliveries.add(delivery);
    },
    async forceFlush(): Promise<void> {
      await Promise.all(deliveries);
    },
    async shutdown(): Promise<void> {
      await Promise.all(deliveries);
      await client?.shutdown();
    },
  };
}

function isFinal(error: Error | undefined): boolean {
  return (
    error !== undefined && 'code' in error && typeof error.code === 'number' && !RETRYABLE.has(error.code)
  );
}
