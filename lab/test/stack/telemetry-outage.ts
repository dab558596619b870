import { setTimeout as pause } from 'node:timers/promises';
import pLimit from 'p-limit';
import { expect, onTestFinished } from 'vitest';
import type { PartName } from '../../src/part-names.ts';
import { poll } from '../../src/poll.ts';
import { logsOfTrace } from '../../src/query/loki.ts';
import type { Span, Trace } from '../../src/query/span.ts';
import { type Arrival, arrivals, arrive, failuresOf, isLate, quantile } from './arrivals.ts';
import { type Backends, backendsOf } from './backends.ts';
import type { Site } from './start-stack.ts';

/** A page that takes two services, each with one log line and two spans. */
export const page = (stack: Site) => `${stack.urls.frontend}/product/laptop-pro`;
export const asked = ['frontend', 'product-service'] as const;
const spansOfPage = 4;

const patient = { intervalMs: 1000, limitMs: 120_000 };

/** An outage of so long, while a page is opened so often. */
type Outage = { seconds: number; perSecond: number };

/**
 * Kills the collector: no request fails, telemetry is seen again within `backWithinMs` of its return, and what was made
 * meanwhile is delivered or counted as lost.
 */
export async function loseCollector(
  stack: Site,
  { seconds, perSecond, backWithinMs }: Outage & { backWithinMs: number },
): Promise<void> {
  const backends = backendsOf(stack);
  await arrive(page(stack));
  await settledCounts(backends);
  const startMs = Date.now();
  const traffic = arrivals(page(stack), { perSecond, seconds: seconds + 5 });
  await change(stack, 'kill', 'otel-collector', 'start');
  await pause(seconds * 1000);
  await stack.vitrine('start', 'otel-collector');
  const backMs = Date.now();
  const { traceId } = await arrive(page(stack));
  const isBack = async () => (await isInBoth(backends, traceId)) || undefined;
  expect(await poll(isBack, { intervalMs: 100, limitMs: 60_000 }), 'seen after its return').toBe(true);
  const backAfterMs = Date.now() - backMs;
  expect(backAfterMs).toBeLessThanOrEqual(backWithinMs);
  const seen = servedOf(await traffic);

  // One request more than `seen`, which is the one that was seen again.
  const atLeast = spansOfPage * (seen.length + 1);
  const { made, delivered, lost } = await settledCounts(backends, startMs, atLeast);
  const spans = await spansOf(backends, seen);
  const lines = await linesSince(backends, startMs);
  report(
    `collector away for ${seconds} s: seen after ${backAfterMs} ms, ${p95Of(seen)}; spans and log lines`,
    {
      ...{ made, delivered, lost, found: { spans: spans.length, lines: lines.length } },
    },
  );
  expect(lost.spans).toBeGreaterThan(0);
  expect(made).toEqual({ spans: delivered.spans + lost.spans, lines: delivered.lines + lost.lines });
  // Nobody can count what the killed process had in hand.
  const inHand = 2 * perSecond * spansOfPage;
  expect(Math.abs(delivered.spans - spansOfPage - spans.length)).toBeLessThanOrEqual(inHand);
  expect(Math.abs(delivered.lines - lines.length)).toBeLessThanOrEqual(inHand);
}

/** Freezes Jaeger and Loki: no request fails, and once they go on, they get every span and log line. */
export async function freezeJaegerAndLoki(stack: Site, { seconds, perSecond }: Outage): Promise<void> {
  const backends = backendsOf(stack);
  const startMs = Date.now();
  const traffic = arrivals(page(stack), { perSecond, seconds: seconds + 4 });
  await Promise.all([change(stack, 'pause', 'jaeger', 'resume'), change(stack, 'pause', 'loki', 'resume')]);
  await pause(seconds * 1000);
  await stack.vitrine('resume', 'jaeger');
  await stack.vitrine('resume', 'loki');
  const backMs = Date.now();
  const seen = servedOf(await traffic);
  const ids = seen.map(({ traceId }) => traceId);
  expect(new Set(ids).size).toBe(seen.length);

  const lostSpans = async () => seen.length * spansOfPage - (await spansOf(backends, seen)).length;
  const allSpans = async () => ((await lostSpans()) === 0 ? true : undefined);
  expect((await poll(allSpans, patient)) ?? `${await lostSpans()} spans are lost`).toBe(true);
  const lostLines = async () => {
    const lines = await linesSince(backends, startMs);
    const found = new Set(lines.map(({ service, traceId }) => `${service} ${traceId}`));
    return ids.flatMap((id) => asked.filter((service) => !found.has(`${service} ${id}`))).length;
  };
  const allLines = async () => ((await lostLines()) === 0 ? true : undefined);
  expect((await poll(allLines, patient)) ?? `${await lostLines()} lines are lost`).toBe(true);
  const foundAfterMs = Date.now() - backMs;
  report(`Jaeger and Loki away for ${seconds} s: all found ${foundAfterMs} ms after`, p95Of(seen));
}

/**
 * The requests that were answered with the page. While the machine is busy with something else, one in a hundred may run
 * into the time limit of the frontend (1.8 s); an outage that requests waited for would let many. No other may fail.
 */
export function servedOf(seen: readonly Arrival[]): readonly Arrival[] {
  const failures = failuresOf(seen);
  expect(failures.filter((one) => !isLate(one))).toEqual([]);
  expect(failures.length).toBeLessThanOrEqual(seen.length / 100);
  return seen.filter(({ outcome }) => outcome === 200);
}

/** Takes a part away until `back`, or at the latest until the test ends. */
export async function change(
  { vitrine }: Site,
  how: 'kill' | 'pause',
  part: PartName,
  back: 'start' | 'resume',
): Promise<void> {
  expect(await vitrine(how, part)).toMatchObject({ status: 0 });
  onTestFinished(async () => void (await vitrine(back, part)));
}

async function isInBoth({ jaeger, loki }: Backends, traceId: string): Promise<boolean> {
  const range = { startMs: Date.now() - 120_000, endMs: Date.now() + 1000, limit: 10 } as const;
  const [trace, lines] = await Promise.all([
    jaeger.traceById(traceId),
    loki.queryRange(logsOfTrace(traceId), { ...range, direction: 'forward' }),
  ]);
  return spansOfRequests([trace]).length === spansOfPage && lines.length === asked.length;
}

/** Reads every span that Jaeger has of these requests. */
async function spansOf({ jaeger }: Backends, seen: readonly Arrival[]): Promise<Span[]> {
  const atOnce = pLimit(10);
  const traces = await atOnce.map(seen, ({ traceId }) => jaeger.traceById(traceId));
  return spansOfRequests(traces);
}

/** Keeps each span once, and leaves out waits for a connection, which only happen under load. */
function spansOfRequests(traces: readonly (Trace | undefined)[]): Span[] {
  const spans = traces.flatMap((trace) => trace?.spans ?? []);
  return [...new Map(spans.map((span) => [span.spanId, span])).values()].filter(
    ({ name }) => name !== 'pool wait',
  );
}

/** Reads the lines of requests that the two services have logged since then. */
async function linesSince({ loki }: Backends, startMs: number) {
  const range = { startMs, endMs: Date.now() + 1000, limit: 5000, direction: 'forward' } as const;
  const found = await Promise.all(
    asked.map((service) => loki.queryRange(`{service_name="${service}"} | trace_id!=""`, range)),
  );
  return found.flat().map(({ labels, metadata }) => {
    return { service: labels.service_name ?? '', traceId: metadata.trace_id ?? '' };
  });
}

type Count = { spans: number; lines: number };

/** Reads what the living processes count since then, once there are `atLeast` so many spans, all delivered or lost. */
async function settledCounts(
  { prometheus }: Backends,
  sinceMs = 0,
  atLeast = 1,
): Promise<Record<'made' | 'delivered' | 'lost', Count>> {
  // The series of a process that has ended stay for a while. Time passes only in a living one.
  const living = 'group by (instance) (changes(nodejs_eventloop_time_seconds_total[20s]) > 0)';
  const sum = (metric: string) => `(sum(${metric} and on (instance) ${living}) or vector(0))`;
  const count = async (metric: string) => {
    const growth = `${sum(metric)} - ${sum(`${metric} @ ${sinceMs / 1000}`)}`;
    return (await prometheus.query(growth))[0]?.value ?? 0;
  };
  const both = async (spans: string, lines: string): Promise<Count> => ({
    spans: await count(spans),
    lines: await count(lines),
  });
  const read = async () => ({
    made: await both('otel_sdk_span_started_total', 'otel_sdk_log_created_total'),
    delivered: await both(
      'otel_sdk_processor_span_processed_total{error_type=""}',
      'otel_sdk_processor_log_processed_total{error_type=""}',
    ),
    lost: await both(
      'otel_sdk_processor_span_processed_total{error_type!=""}',
      'otel_sdk_processor_log_processed_total{error_type!=""}',
    ),
  });
  let last = '';
  const settle = async () => {
    const counts = await read();
    const text = JSON.stringify(counts);
    const isSame = text === last;
    last = text;
    const { made, delivered, lost } = counts;
    const isSettled = made.spans >= atLeast && made.spans === delivered.spans + lost.spans;
    return isSame && isSettled && made.lines === delivered.lines + lost.lines ? counts : undefined;
  };
  const settled = await poll(settle, { intervalMs: 6000, limitMs: 120_000 });
  if (!settled) throw new Error(`What was made is not what was delivered or lost: ${last}`);
  return settled;
}

export function p95Of(seen: readonly Arrival[]): string {
  const times = seen.map(({ ms }) => ms);
  return `p95 ${quantile(times, 0.95).toFixed(1)} ms`;
}

/** Prints figures for whoever reads the run. */
export function report(what: string, figures: unknown): void {
  // biome-ignore lint/suspicious/noConsole: that is where they are read
  console.info(`${what}: ${JSON.stringify(figures)}`);
}
