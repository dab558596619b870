import { poll } from '../poll.ts';
import type { Jaeger } from '../query/jaeger.ts';
import type { Trace } from '../query/span.ts';
import type { Visit } from './visit-pages.ts';

/** A visit that was answered. */
export type TracedVisit = Visit & { traceId: string };

/**
 * Polls Jaeger until every visit's trace shows the expected services, or `limitMs` have passed. Resolves to the traces,
 * and to a sentence for each service that is missing in some.
 */
export async function awaitTraces(
  jaeger: Pick<Jaeger, 'traceById'>,
  visits: readonly TracedVisit[],
  { limitMs, signal }: { limitMs: number; signal: AbortSignal },
): Promise<{ traces: readonly Trace[]; problems: readonly string[] }> {
  const traces = new Map<string, Trace>();
  const lacks = ({ traceId }: TracedVisit, service: string) => !hasServed(traces.get(traceId), service);
  const isIncomplete = (visit: TracedVisit) => visit.services.some((service) => lacks(visit, service));

  await poll(
    async () => {
      for (const { traceId } of visits.filter(isIncomplete)) {
        const trace = await jaeger.traceById(traceId);
        if (trace) traces.set(traceId, trace);
      }
      return !visits.some(isIncomplete) || undefined;
    },
    { intervalMs: 250, limitMs, signal },
  );

  const services = [...new Set(visits.flatMap((visit) => visit.services))];
  const problems = services.flatMap((service) => {
    const wanted = visits.filter((visit) => visit.services.includes(service));
    const lacking = wanted.filter((visit) => lacks(visit, service));
    const [first] = lacking;
    if (!first) return [];
    const example = `such as ${first.traceId} (GET ${first.path})`;
    return [`Jaeger lacks ${service} in ${lacking.length} of ${wanted.length} traces, ${example}.`];
  });
  return { traces: [...traces.values()], problems };
}

function hasServed(trace: Trace | undefined, service: string): boolean {
  return trace?.spans.some((span) => span.kind === 'server' && span.service === service) ?? false;
}
