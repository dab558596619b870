import type { PartName } from '../part-names.ts';
import { createParts } from '../parts.ts';
import type { Span, Trace } from '../query/span.ts';
import type { Settings } from '../settings.ts';
import { isFailure } from '../trace-view/label.ts';

/** A healthy request and a healthy statement take less. */
const lateMs = { request: 400, statement: 200 };

/** How the parts depend on each other, as far as a trace can show it. */
export type Layout = {
  areNeighbours: (one: PartName, other: PartName) => boolean;
  /** Whether one of the trace's spans since `sinceMs` is a failed or late one of the part, or of a call of it. */
  shows: (trace: Trace, part: PartName, sinceMs: number) => boolean;
  /** Whether the part's failure can be seen in traces. */
  isTraced: (part: PartName) => boolean;
};

export function layoutOf(settings: Settings): Layout {
  const parts = createParts(settings);
  const kindOf = (name: PartName) => parts.find((part) => part.name === name)?.kind;
  // All services need the collector; that makes it nobody's neighbour.
  const calls = (caller: PartName, called: PartName) =>
    called !== 'otel-collector' && parts.some(({ name, needs }) => name === caller && needs.includes(called));
  const schemaParts = new Map(
    parts.flatMap((part) =>
      part.kind === 'database' ? part.schemas.map(({ name }) => [name, part.name] as const) : [],
    ),
  );
  const partOf = ({ kind, service, attributes }: Span): string | undefined => {
    const schema = attributes['db.namespace'] ?? attributes['db.client.connection.pool.name'];
    if (schema !== undefined) return schemaParts.get(String(schema));
    return kind === 'client' ? String(attributes['peer.service']) : service;
  };
  return {
    areNeighbours: (one, other) => calls(one, other) || calls(other, one),
    isTraced: (part) => kindOf(part) === 'service' || kindOf(part) === 'database',
    shows(trace, part, sinceMs) {
      const limitMs = kindOf(part) === 'database' ? lateMs.statement : lateMs.request;
      return trace.spans.some(
        (span) =>
          span.startMs >= sinceMs && partOf(span) === part && (isBroken(span) || span.durationMs >= limitMs),
      );
    },
  };
}

/** A refusal (4xx) fails the caller's span, and is no trouble of the part that is called. */
function isBroken(span: Span): boolean {
  const status = Number(span.attributes['http.response.status_code']);
  return isFailure(span) && !(status >= 400 && status < 500);
}
