import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pLimit from 'p-limit';
import { expect, onTestFinished, vi } from 'vitest';
import { elapsed } from '../../../test/elapsed.ts';
import type { PartName } from '../../src/part-names.ts';
import { poll } from '../../src/poll.ts';
import { logsOfTrace } from '../../src/query/loki.ts';
import type { Span, Trace } from '../../src/query/span.ts';
import { type Arrival, arrivals, arrive, failuresOf, quantile } from './arrivals.ts';
import { type Backends, backendsOf } from './backends.ts';
import { test } from './stack-test.ts';
import type { Site } from './start-stack.ts';

/** A page that takes two services: each logs one line, and each has two spans. */
const page = (stack: Site) => `${stack.urls.frontend}/product/laptop-pro`;
const asked = ['frontend', 'product-service'];
const spansOfPage = 4;

vi.setConfig({ testTimeout: 300_000 });

const minute = 60_000;
const patient = { intervalMs: 1000, limitMs: 60_000 };

test('When the collector is killed for a minute at 20 requests a second, then none fails, telemetry is back in 5 s, and what is lost is counted', async ({
  stack,
}) => {
  const backends = backendsOf(stack);
  await arrive(page(stack));
  const before = await settledCounts(backends);
  const startMs = Date.now();
  const traffic = arrivals(page(stack), { perSecond: 20, seconds: 70 });
  await change(stack, 'kill', 'otel-collector', 'start');
  await pause(minute);
  await stack.vitrine('start', 'otel-collector');
  const backMs = Date.now();
  const isBack = async () => {
    const { traceId } = await arrive(page(stack));
    const isSeen = async () => (await isInBoth(backends, traceId)) || undefined;
    return poll(isSeen, { intervalMs: 100, limitMs: 5000 });
  };
  expect(await isBack(), 'a request after its return is seen').toBe(true);
  const backAfterMs = Date.now() - backMs;
  expect(backAfterMs).toBeLessThanOrEqual(5000);
  const seen = await traffic;
  expect(failuresOf(seen)).toEqual([]);
  expect(seen).toHaveLength(1400);

  // One request more than `seen`, which is the one that was seen again.
  const madeSpans = before.made.spans + spansOfPage * (seen.length + 1);
  const after = await settledCounts(backends, madeSpans);
  const made = subtract(after.made, before.made);
  const delivered = subtract(after.delivered, before.delivered);
  const lost = subtract(after.lost, before.lost);
  const spans = await spansOf(backends, seen);
  const lines = await linesSince(backends, startMs);
  report(`collector away for 60 s: seen again after ${backAfterMs} ms, ${p95Of(seen)}; spans and log lines`, {
    ...{ made, delivered, lost, found: { spans: spans.length, lines: lines.length } },
  });
  expect(lost.spans).toBeGreaterThan(0);
  expect(made).toEqual({ spans: delivered.spans + lost.spans, lines: delivered.lines + lost.lines });
  // What a process had in hand that was killed, nobody can count.
  const inHand = 2 * 20 * spansOfPage;
  expect(Math.abs(delivered.spans - spansOfPage - spans.length)).toBeLessThanOrEqual(inHand);
  expect(Math.abs(delivered.lines - lines.length)).toBeLessThanOrEqual(inHand);
});

test('When Jaeger and Loki hang for a minute at 50 requests a second, then nothing is lost', async ({
  stack,
}) => {
  const backends = backendsOf(stack);
  const startMs = Date.now();
  const traffic = arrivals(page(stack), { perSecond: 50, seconds: 64 });
  await Promise.all([change(stack, 'pause', 'jaeger', 'resume'), change(stack, 'pause', 'loki', 'resume')]);
  await pause(minute);
  await stack.vitrine('resume', 'jaeger');
  await stack.vitrine('resume', 'loki');
  const backMs = Date.now();
  const seen = await traffic;
  expect(failuresOf(seen)).toEqual([]);
  const ids = seen.map(({ traceId }) => traceId);
  expect(new Set(ids).size).toBe(3200);

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
  report(
    `Jaeger and Loki away for 60 s: all found ${Date.now() - backMs} ms after their return`,
    p95Of(seen),
  );
});

test('When the collector hangs, then neither requests nor the end of a service wait for it', async ({
  stack,
}) => {
  const traffic = arrivals(page(stack), { perSecond: 20, seconds: 20 });
  await change(stack, 'pause', 'otel-collector', 'resume');
  const seen = await traffic;
  expect(failuresOf(seen)).toEqual([]);
  expect(
    quantile(
      seen.map(({ ms }) => ms),
      0.95,
    ),
  ).toBeLessThan(250);
  onTestFinished(async () => void (await stack.vitrine('start', 'product-service')));
  const { value: stopped, ms } = await elapsed(stack.vitrine('stop', 'product-service'));
  report('collector hangs', { p95: p95Of(seen), stopMs: Math.round(ms) });
  expect(stopped).toMatchObject({ status: 0, stdout: 'product-service is stopped.\n' });
  expect(ms).toBeLessThan(10_000);
  const [last = ''] = readFileSync(join(stack.home, 'logs', 'product-service.log'), 'utf8')
    .trim()
    .split('\n')
    .slice(-1);
  expect(JSON.parse(last)).toMatchObject({ msg: 'stopped' });
});

/** Takes a part away, and sees to it that it is back when the test is over. */
async function change({ vitrine }: Site, how: 'kill' | 'pause', part: PartName, back: 'start' | 'resume') {
  expect(await vitrine(how, part)).toMatchObject({ status: 0 });
  onTestFinished(async () => void (await vitrine(back, part)));
}

async function isInBoth({ jaeger, loki }: Backends, traceId: string): Promise<boolean> {
  const range = {
    startMs: Date.now() - minute,
    endMs: Date.now() + 1000,
    limit: 10,
    direction: 'forward',
  } as const;
  const [trace, lines] = await Promise.all([
    jaeger.traceById(traceId),
    loki.queryRange(logsOfTrace(traceId), range),
  ]);
  return spansOfRequests([trace]).length === spansOfPage && lines.length === asked.length;
}

/** Every span that Jaeger has of these requests. */
async function spansOf({ jaeger }: Backends, seen: readonly Arrival[]): Promise<Span[]> {
  const atOnce = pLimit(10);
  const traces = await atOnce.map(seen, ({ traceId }) => jaeger.traceById(traceId));
  return spansOfRequests(traces);
}

/** Each span once, and without waits for a connection, which only happen where there is much to do. */
function spansOfRequests(traces: readonly (Trace | undefined)[]): Span[] {
  const spans = traces.flatMap((trace) => trace?.spans ?? []);
  return [...new Map(spans.map((span) => [span.spanId, span])).values()].filter(
    ({ name }) => name !== 'pool wait',
  );
}

/** The lines of requests that the services which are asked have logged since then. */
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

/** What the services themselves count, once all they made, `atLeast` so many spans, is either delivered or lost. */
async function settledCounts(
  { prometheus }: Backends,
  atLeast = 1,
): Promise<Record<'made' | 'delivered' | 'lost', Count>> {
  const count = async (expression: string) => (await prometheus.query(`sum(${expression})`))[0]?.value ?? 0;
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

function subtract(after: Count, before: Count): Count {
  return { spans: after.spans - before.spans, lines: after.lines - before.lines };
}

function p95Of(seen: readonly Arrival[]): string {
  return `p95 ${quantile(
    seen.map(({ ms }) => ms),
    0.95,
  ).toFixed(1)} ms`;
}

/** Figures for whoever reads the run. */
function report(what: string, figures: unknown): void {
  // biome-ignore lint/suspicious/noConsole: that is where they are read
  console.info(`${what}: ${JSON.stringify(figures)}`);
}
