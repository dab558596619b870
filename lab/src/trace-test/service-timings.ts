import { summarize } from '../bench/sample.ts';
import type { Span, Trace } from '../query/span.ts';

/** The durations of a service's requests. */
export type ServiceTimings = {
  service: string;
  traces: number;
  requests: number;
  p50Ms: number;
  p95Ms: number;
  slowest: Span | undefined;
};

/** The timings of each of `services`, taken from its SERVER spans in `traces`. */
export function serviceTimings(services: readonly string[], traces: readonly Trace[]): ServiceTimings[] {
  const served = traces.flatMap(({ spans }) => spans).filter(({ kind }) => kind === 'server');
  return services.map((service) => {
    const spans = served.filter((span) => span.service === service);
    const durations = spans.map(({ durationMs }) => durationMs);
    const { p50Ms, p95Ms } = summarize(durations, 1, 0);
    return {
      service,
      traces: new Set(spans.map(({ traceId }) => traceId)).size,
      requests: spans.length,
      p50Ms,
      p95Ms,
      slowest: spans.toSorted((a, b) => b.durationMs - a.durationMs)[0],
    };
  });
}

/** The timings as aligned lines of text with a heading. `addressOf` gives the address of a trace for the browser. */
export function timingsTable(
  timings: readonly ServiceTimings[],
  addressOf: (traceId: string) => string,
): string[] {
  const figures = (row: ServiceTimings) => [
    String(row.traces),
    String(row.requests),
    milliseconds(row.p50Ms),
    milliseconds(row.p95Ms),
    milliseconds(row.slowest?.durationMs),
  ];
  const heading = ['traces', 'requests', 'p50', 'p95', 'slowest'];
  const line = (service: string, cells: readonly string[], link: string) =>
    [service.padEnd(15), ...cells.map((cell) => cell.padStart(9)), link].join('  ').trimEnd();
  return [
    line('service', heading, ''),
    ...timings.map((row) =>
      line(row.service, figures(row), row.slowest ? addressOf(row.slowest.traceId) : ''),
    ),
  ];
}

function milliseconds(ms = Number.NaN): string {
  return Number.isNaN(ms) ? '-' : `${ms.toFixed(1)} ms`;
}
