import { expect, test } from 'vitest';
import type { Jaeger } from '../src/query/jaeger.ts';
import type { Trace } from '../src/query/span.ts';
import { awaitTraces } from '../src/trace-test/await-traces.ts';
import { serviceTimings, timingsTable } from '../src/trace-test/service-timings.ts';
import { aSpan, aTrace, traceId } from './span-builder.ts';

const { signal } = new AbortController();
const served = (service: string, durationMs = 10) => aSpan(service, { service, durationMs });
const called = (service: string) => aSpan(`to ${service}`, { service, kind: 'client' });

/** A Jaeger that gives one answer after the other, whichever trace is asked for, and then repeats the last. */
function jaegerThatHas(...answers: (Trace | undefined)[]): Pick<Jaeger, 'traceById'> {
  let asked = 0;
  return { traceById: async () => answers[Math.min(asked++, answers.length - 1)] };
}

const cart = { path: '/checkout', services: ['frontend', 'order-service'], traceId };

test('When a trace arrives bit by bit, then it is awaited until it is whole', async () => {
  const whole = aTrace(served('frontend'), served('order-service'));
  const jaeger = jaegerThatHas(undefined, aTrace(served('frontend')), whole);
  const found = await awaitTraces(jaeger, [cart], { limitMs: 15_000, signal });
  expect(found).toEqual({ traces: [whole], problems: [] });
});

test('When a service served nothing, though it was called, then a sentence says where it is missing', async () => {
  const jaeger = jaegerThatHas(aTrace(served('frontend'), called('order-service')));
  const other = { path: '/', services: ['frontend'], traceId: 'b'.repeat(32) };
  const { problems } = await awaitTraces(jaeger, [other, cart], { limitMs: 0, signal });
  expect(problems).toEqual([
    `Jaeger lacks order-service in 1 of 1 traces, such as ${traceId} (GET /checkout).`,
  ]);
});

test('Timings are those of the requests that a service served, with a link to the slowest', () => {
  const durations = Array.from({ length: 20 }, (_, index) => index + 1);
  const traces = durations.map((ms) => ({
    traceId: `trace ${ms}`,
    spans: [{ ...served('frontend', ms), traceId: `trace ${ms}` }, called('order-service')],
  }));
  const timings = serviceTimings(['frontend', 'order-service'], traces);
  expect(timings).toMatchObject([
    { service: 'frontend', traces: 20, requests: 20, p50Ms: 10, p95Ms: 19, slowest: { traceId: 'trace 20' } },
    { service: 'order-service', traces: 0, requests: 0, slowest: undefined },
  ]);
  expect(timingsTable(timings, (traceId) => `http://jaeger/${traceId}`)).toEqual([
    'service             traces   requests        p50        p95    slowest',
    'frontend                20         20    10.0 ms    19.0 ms    20.0 ms  http://jaeger/trace 20',
    'order-service            0          0          -          -          -',
  ]);
});
