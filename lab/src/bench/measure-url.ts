import autocannon, { type Result } from 'autocannon';
import { type Sample, summarize } from './sample.ts';

/**
 * Asks for one URL over and over until `seconds` have passed; an aborted signal ends it at once. Any answer other than
 * 200 is a failure.
 */
export async function measureUrl(
  url: string,
  { connections, seconds, signal }: { connections: number; seconds: number; signal: AbortSignal },
): Promise<Sample> {
  signal.throwIfAborted();
  const durationsMs: number[] = [];
  let failures = 0;
  const { errors, duration } = await new Promise<Result>((resolve, reject) => {
    const stop = () => run.stop();
    const run = autocannon({ url, connections, duration: seconds }, (error, result) => {
      signal.removeEventListener('abort', stop);
      if (error) reject(error);
      else resolve(result);
    });
    signal.addEventListener('abort', stop);
    run.on('response', (_client, status, _bytes, durationMs) => {
      if (status === 200) durationsMs.push(durationMs);
      else failures += 1;
    });
  });
  signal.throwIfAborted();
  return summarize(durationsMs, duration, failures + errors);
}
