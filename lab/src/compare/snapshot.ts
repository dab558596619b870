import { z } from 'zod';
import { LabError } from '../lab-error.ts';
import { serviceNames } from '../part-names.ts';
import { arrivalMs, pause } from '../poll.ts';
import type { LogLine } from '../query/loki.ts';
import type { Span } from '../query/span.ts';
import { type Stores, storesOf } from '../query/stores.ts';
import type { Session, Stack } from '../stack.ts';
import { startTraffic } from '../traffic/traffic.ts';

/** A number of what flows: of one service or exporter, or of all if `of` is missing. */
export const figureSchema = z.object({ what: z.string(), of: z.string().optional(), value: z.number() });
export type Figure = z.output<typeof figureSchema>;

const pagesPerSecond = 10;
/** The customers of every snapshot are the same. */
const seed = 1;
/** Visits begin at the home page; after so long there are customers on all pages. */
const warmUpMs = 5000;
/** Some of the samples, which Prometheus gets every five seconds, are late: its rates look back so much further. */
const overlapSeconds = 10;
const maxTraces = 4000;
/** Loki gives out no more at once. */
const maxLines = 5000;

/**
 * Lets customers visit the shop for some seconds, and measures the telemetry of that time where it is stored. Throws a
 * LabError when a store cannot be asked or holds too much, and when the collector is restarted meanwhile.
 */
export async function takeSnapshot(
  { settings, stack, report }: Session,
  seconds: number,
  signal: AbortSignal,
): Promise<readonly Figure[]> {
  const startedAt = await collectorStart(stack);
  const { pages, stop } = await startTraffic(settings, pagesPerSecond, seed);
  report(`Customers open ${pagesPerSecond} pages a second, and the telemetry of ${seconds} s is measured …`);
  try {
    await pause(warmUpMs, signal);
    const startMs = Date.now();
    await pause(seconds * 1000, signal);
    const endMs = Date.now();
    await pause(arrivalMs, signal);
    const stores = storesOf(settings);
    const figures = [
      ...(await readTraffic(stores, seconds + overlapSeconds)),
      ...(await readStored(stores, startMs, endMs)),
      ...(await readCosts(stores, seconds + overlapSeconds)),
    ];
    if ((await collectorStart(stack)) !== startedAt)
      throw new LabError('otel-collector was restarted meanwhile, so the figures mean nothing. Try again.');
    const { opened, failed, skipped } = pages;
    if (failed + skipped > 0)
      report(`  ${failed} of ${opened} pages failed, and ${skipped} more could not be opened in time.`);
    return figures;
  } finally {
    await stop();
  }
}

async function collectorStart(stack: Stack): Promise<number | undefined> {
  const collector = (await stack.status()).find(({ part }) => part === 'otel-collector');
  return collector?.startedAt?.getTime();
}

/** The requests as the services count them, and as span metrics do. */
async function readTraffic({ prometheus }: Stores, seconds: number): Promise<Figure[]> {
  const read = async (what: string, counter: string) => {
    const [sample] = await prometheus.query(`sum(rate(${counter}[${seconds}s]))`);
    return { what, value: sample?.value ?? 0 };
  };
  return [
    await read('requests/s', 'http_server_request_duration_seconds_count'),
    await read('requests/s in span metrics', 'traces_span_metrics_calls_total{span_kind="SPAN_KIND_SERVER"}'),
  ];
}

/** The spans that Jaeger and the log lines that Loki holds of this time, and how large they are as JSON. */
async function readStored({ jaeger, loki }: Stores, startMs: number, endMs: number): Promise<Figure[]> {
  const perSecond = (count: number) => (count * 1000) / (endMs - startMs);
  const traceIds = new Set<string>();
  const spans = new Map<string, number>();
  const lines = new Map<string, number>();
  const kilobytes = new Map<string, number>();
  for (const service of serviceNames) {
    const range = { startMs, endMs };
    const traces = await jaeger.findTraces({ ...range, service, limit: maxTraces });
    const found = await loki.queryRange(`{service_name="${service}"}`, {
      ...{ ...range, limit: maxLines, direction: 'backward' },
    });
    if (traces.length === maxTraces || found.length === maxLines)
      throw new LabError(
        `${service} sends too much to be counted: end other traffic, or choose fewer --seconds.`,
      );
    for (const { traceId } of traces) traceIds.add(traceId);
    const own = traces.flatMap((trace) => trace.spans.filter((span) => span.service === service));
    spans.set(service, perSecond(own.length));
    lines.set(service, perSecond(found.length));
    kilobytes.set(service, perSecond(sum([...own.map(sizeOfSpan), ...found.map(sizeOfLine)]) / 1000));
  }
  return [
    { what: 'traces/s in Jaeger', value: perSecond(traceIds.size) },
    ...withTotal('spans/s in Jaeger', spans),
    ...withTotal('log lines/s in Loki', lines),
    ...withTotal('kB/s of both', kilobytes),
  ];
}

/** What the telemetry costs: series, processor time and memory; and what the collector sends on. */
async function readCosts({ prometheus }: Stores, seconds: number): Promise<Figure[]> {
  const ask = async (label: string, expression: string) => {
    const samples = await prometheus.query(`sum by (${label}) (${expression})`);
    return new Map(samples.map(({ labels, value }) => [labels[label] ?? '', value]));
  };
  const ofServices = async (what: string, expression: (selector: string) => string) => {
    const values = await ask('service_name', expression(`service_name=~"${serviceNames.join('|')}"`));
    return withTotal(what, new Map(serviceNames.map((name) => [name, values.get(name) ?? 0])));
  };
  const own = `{job="otel-collector"}[${seconds}s]`;
  const ofCollector = async (what: string, expression: string): Promise<Figure> => {
    return { what, value: (await ask('job', expression)).get('otel-collector') ?? 0 };
  };
  const sent = async (unit: string, counter: string): Promise<Figure[]> => {
    const values = await ask('exporter', `rate(otelcol_exporter_sent_${counter}_total${own})`);
    return Array.from(values, ([exporter, value]) => ({ what: `${unit}/s to ${exporter}`, value }));
  };
  return [
    // A recorded series has a colon in its name.
    ...(await ofServices(
      'series in Prometheus',
      (services) => `count by (service_name) (last_over_time({${services},__name__!~".*:.*"}[15s]))`,
    )),
    ...(await ofServices(
      'CPU ms/s of the services',
      (services) => `rate(process_cpu_time_seconds_total{${services}}[${seconds}s]) * 1000`,
    )),
    await ofCollector("collector's CPU ms/s", `rate(otelcol_process_cpu_seconds_total${own}) * 1000`),
    await ofCollector(
      "collector's memory MB",
      `avg_over_time(otelcol_process_memory_rss_bytes${own}) / 1024 / 1024`,
    ),
    ...(await sent('spans', 'spans')),
    ...(await sent('log lines', 'log_records')),
    ...(await sent('metric points', 'metric_points')),
  ];
}

/** One figure for all, then one for each. */
function withTotal(what: string, values: ReadonlyMap<string, number>): Figure[] {
  return [
    { what, value: sum([...values.values()]) },
    ...Array.from(values, ([of, value]) => ({ what, of, value })),
  ];
}

/** Jaeger keeps what identifies the process once for a whole trace, so that is left out. */
function sizeOfSpan({ resource, ...span }: Span): number {
  return Buffer.byteLength(JSON.stringify(span));
}

function sizeOfLine({ body, metadata }: LogLine): number {
  return Buffer.byteLength(JSON.stringify({ body, metadata }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
