// Solves drills by rules, from Prometheus and Jaeger alone:
//   ./vitrine drill run --seeds 1-20 --exec 'node examples/drill-solvers/rules.mts'
//
// What fails or is late makes its callers fail or be late. So a span counts against a part only if nothing below it is in
// trouble too: the part in which the troubles of many requests begin is the one at fault.
import { json } from 'node:stream/consumers';

type Sheet = { backends: { prometheus: string; jaeger: string }; answers: { at_most: number } };
type Finding = { part: string; cause: string; evidence?: string };
type Span = {
  trace: string;
  id: string;
  parent: string | undefined;
  service: string;
  ms: number;
  tags: Record<string, string>;
};
/** How often a part was called, and how often that went wrong, by the cause that it points to. */
type Tally = { calls: number; wrong: Record<string, string[]> };

/** The oldest request that is looked at, and the age at which its spans have arrived. */
const [lookBackSeconds, settledSeconds] = [20, 3];
/** A healthy statement takes less, and so does a healthy request, without what it calls. */
const [lateStatementMs, lateRequestMs] = [200, 400];
/** The number of a part's calls, and the share of them, from which on it is no accident that they went wrong. */
const enough = 3;
const telling: Record<string, number> = { crashed: 0.15, hanging: 0.15, errors: 0.15, slow: 0.5 };

const sheet = (await json(process.stdin)) as Sheet;
const findings = [...(await downInPipeline()), ...(await troubled())].slice(0, sheet.answers.at_most);
const nothing = { part: 'none', cause: 'nothing' };
process.stdout.write(`${JSON.stringify({ findings: findings.length > 0 ? findings : [nothing] })}\n`);

/** The collector, Jaeger and Loki: Prometheus cannot scrape the one that has crashed. */
async function downInPipeline(): Promise<Finding[]> {
  type Reply = { data: { result: { metric: { job: string } }[] } };
  const query = encodeURIComponent('up{job!="services"} == 0');
  const { data } = await ask<Reply>(`${sheet.backends.prometheus}/api/v1/query?query=${query}`);
  return data.result.map(({ metric }) => ({ part: metric.job, cause: 'crashed' }));
}

/** The parts in which troubles begin, the one with the most of them first. */
async function troubled(): Promise<Finding[]> {
  const tallies = new Map<string, Tally>();
  for (const trace of await recentTraces()) count(trace, tallies);
  const found = [...tallies].flatMap(([part, { calls, wrong }]) => {
    const sorted = Object.entries(wrong).sort(([, one], [, other]) => other.length - one.length);
    const total = sorted.reduce((sum, [, traces]) => sum + traces.length, 0);
    const [[cause, traces] = ['', ['']]] = sorted;
    if (total < enough || total / calls < (telling[cause] ?? 1)) return [];
    // A database that still answers some statements is slow, though others take longer than anybody waits.
    const isSlow = cause === 'hanging' && wrong.slow !== undefined;
    return [{ total, finding: { part, cause: isSlow ? 'slow' : cause, evidence: traces[0] ?? '' } }];
  });
  return found.sort((one, other) => other.total - one.total).map(({ finding }) => finding);
}

function count(spans: readonly Span[], tallies: Map<string, Tally>): void {
  for (const span of spans) {
    const part = partOf(span);
    if (part === undefined) continue;
    const tally = tallies.get(part) ?? { calls: 0, wrong: {} };
    tallies.set(part, tally);
    tally.calls += 1;
    const cause = causeOf(
      span,
      spans.filter(({ parent }) => parent === span.id),
    );
    if (cause !== undefined) tally.wrong[cause] = [...(tally.wrong[cause] ?? []), span.trace];
  }
}

/** The part that the span tells of: the database of a statement, the part that answers, or the one that does not. */
function partOf({ service, tags }: Span): string | undefined {
  const schema = tags['db.namespace'] ?? tags['db.client.connection.pool.name'];
  // The frontend's sessions are a schema of user_dbase.
  if (schema !== undefined) return schema === 'session_dbase' ? 'user_dbase' : schema;
  if (tags['span.kind'] === 'server') return service;
  return tags['http.response.status_code'] === undefined ? tags['peer.service'] : undefined;
}

/** What the span says of its part; undefined when all is well, or not the part's own fault. */
function causeOf(span: Span, children: readonly Span[]): string | undefined {
  const { tags, ms } = span;
  const error = tags['error.type'];
  const isStatement =
    tags['db.namespace'] !== undefined || tags['db.client.connection.pool.name'] !== undefined;
  if (isStatement || tags['span.kind'] === 'client') {
    if (error !== undefined) return isRefusal(error) ? 'crashed' : 'hanging';
    return isStatement && ms >= lateStatementMs ? 'slow' : undefined;
  }
  if (Number(tags['http.response.status_code']) >= 500) return children.some(failed) ? undefined : 'errors';
  const own = ms - children.reduce((sum, child) => sum + child.ms, 0);
  return own >= lateRequestMs && !children.some(failed) ? 'slow' : undefined;
}

/** Nobody listens, or whoever did has gone in the middle of it. */
function isRefusal(error: string): boolean {
  return ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'PROTOCOL_CONNECTION_LOST'].includes(
    error,
  );
}

/** A refusal (4xx) is no failure of the part that was asked. */
function failed({ tags }: Span): boolean {
  const status = Number(tags['http.response.status_code'] ?? 500);
  return tags['error.type'] !== undefined && status >= 500;
}

async function recentTraces(): Promise<Span[][]> {
  type Tag = { key: string; value: unknown };
  type JaegerSpan = {
    traceID: string;
    spanID: string;
    processID: string;
    duration: number;
    references: { spanID: string }[];
    tags: Tag[];
  };
  type Reply = { data: { spans: JaegerSpan[]; processes: Record<string, { serviceName: string }> }[] };
  const microseconds = (secondsAgo: number) => String((Date.now() - secondsAgo * 1000) * 1000);
  const search = new URLSearchParams({
    ...{ service: 'frontend', limit: '500' },
    ...{ start: microseconds(lookBackSeconds), end: microseconds(settledSeconds) },
  });
  const { data } = await ask<Reply>(`${sheet.backends.jaeger}/api/traces?${search}`).catch(() => ({
    data: [],
  }));
  return data.map(({ spans, processes }) =>
    spans.map(({ traceID, spanID, processID, duration, references, tags }) => ({
      ...{ trace: traceID.padStart(32, '0'), id: spanID, parent: references[0]?.spanID },
      ...{ service: processes[processID]?.serviceName ?? '', ms: duration / 1000 },
      tags: Object.fromEntries(tags.map(({ key, value }) => [key, String(value)])),
    })),
  );
}

async function ask<Reply>(url: string): Promise<Reply> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return (await response.json()) as Reply;
}
