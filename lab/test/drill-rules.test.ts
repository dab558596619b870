import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { startFakeService } from '../../test/fake-service.ts';
import { runProgram } from '../src/drill/program.ts';

const root = resolve(import.meta.dirname, '../..');

type Tags = Record<string, string | number>;
/** A span of a trace as Jaeger tells it, with the spans that it waits for. */
type Made = { service: string; ms: number; tags: Tags; children: Made[] };

const span = (service: string, ms: number, tags: Tags, ...children: Made[]): Made => {
  return { service, ms, tags, children };
};
const server = (service: string, ms: number, status: number, ...children: Made[]) => {
  const error = status >= 500 ? { 'error.type': String(status) } : {};
  const tags = { 'span.kind': 'server', 'http.response.status_code': status, ...error };
  return span(service, ms, tags, ...children);
};
const call = (service: string, peer: string, ms: number, outcome: Tags, ...children: Made[]) =>
  span(service, ms, { 'span.kind': 'client', 'peer.service': peer, ...outcome }, ...children);
const status = (code: number) => ({
  'http.response.status_code': code,
  ...(code >= 400 && { 'error.type': String(code) }),
});
const wait = (pool: string, ms: number, error: string) =>
  span('product-service', ms, { 'db.client.connection.pool.name': pool, 'error.type': error });
const select = (schema: string, ms: number) =>
  span('product-service', ms, { 'span.kind': 'client', 'db.namespace': schema });

/** A page with a product, which product-service answers so after so long. */
const page = (code: number, ms: number, ...below: Made[]) =>
  server(
    'frontend',
    ms + 5,
    code,
    call('frontend', 'product-service', ms + 2, status(code), server('product-service', ms, code, ...below)),
  );
const healthy = page(200, 8, select('product_dbase', 3));

function traceOf(page: Made, number: number) {
  const traceID = number.toString(16).padStart(32, 'a');
  let count = 0;
  const spansOf = ({ service, ms, tags, children }: Made, parent?: string): object[] => {
    count += 1;
    const spanID = `${count}`;
    const references = parent ? [{ refType: 'CHILD_OF', traceID, spanID: parent }] : [];
    const own = { traceID, spanID, references, duration: ms * 1000, processID: service };
    const list = Object.entries(tags).map(([key, value]) => ({ key, value }));
    return [{ ...own, tags: list }, ...children.flatMap((child) => spansOf(child, spanID))];
  };
  const services = ['frontend', 'user-service', 'product-service', 'order-service'];
  const processes = Object.fromEntries(services.map((serviceName) => [serviceName, { serviceName }]));
  return { traceID, spans: spansOf(page), processes };
}

const many = (one: Made) => Array.from({ length: 8 }, () => one);

test.for<[string, Made[], string]>([
  ['all is well', many(healthy), 'none nothing'],
  ['one page of four fails', [healthy, healthy, healthy, page(500, 5)], 'none nothing'],
  [
    'it fails though what it called has only refused',
    many(
      server(
        'frontend',
        9,
        500,
        call('frontend', 'user-service', 5, status(401), server('user-service', 3, 401)),
      ),
    ),
    'frontend errors',
  ],
  [
    'somebody mistypes a password',
    many(
      server(
        'frontend',
        90,
        401,
        call('frontend', 'user-service', 80, status(401), server('user-service', 75, 401)),
      ),
    ),
    'none nothing',
  ],
  [
    'nothing listens where the database was',
    many(page(503, 5, wait('product_dbase', 2, 'ECONNREFUSED'))),
    'product_dbase crashed',
  ],
  [
    'the database does not answer',
    many(page(503, 1004, wait('product_dbase', 1000, 'timeout'))),
    'product_dbase hanging',
  ],
  [
    'the sessions have no database',
    many(server('frontend', 5, 200, wait('session_dbase', 2, 'ECONNREFUSED'))),
    'user_dbase crashed',
  ],
  [
    'some statements are late, and others never answered',
    [
      ...many(page(200, 360, select('product_dbase', 350))).slice(5),
      ...many(page(503, 1002, wait('product_dbase', 1000, 'timeout'))),
    ],
    'product_dbase slow',
  ],
  [
    'nothing listens where the service was',
    many(
      server('frontend', 8, 503, call('frontend', 'product-service', 2, { 'error.type': 'ECONNREFUSED' })),
    ),
    'product-service crashed',
  ],
  [
    'the service does not answer',
    many(server('frontend', 1805, 503, call('frontend', 'product-service', 1800, { 'error.type': '23' }))),
    'product-service hanging',
  ],
  ['the service answers late', many(page(200, 700, select('product_dbase', 3))), 'product-service slow'],
  ['half of its answers are errors', [...many(healthy), ...many(page(500, 3))], 'product-service errors'],
])('When %s, then the rules tell it from the traces', async ([, pages, expected]) => {
  const { findings } = await solve(pages.map(traceOf), []);
  expect(findings.map(({ part, cause }) => `${part} ${cause}`)).toEqual([expected]);
});

test('When Prometheus cannot scrape Loki, then the rules tell it', async () => {
  const { findings } = await solve(many(healthy).map(traceOf), [{ metric: { job: 'loki' } }]);
  expect(findings).toEqual([{ part: 'loki', cause: 'crashed' }]);
});

/** What the rules answer to these traces of Jaeger, and to what is down according to Prometheus. */
async function solve(
  data: object[],
  result: object[],
): Promise<{ findings: { part: string; cause: string }[] }> {
  const fake = await startFakeService({
    'GET /api/traces': { body: { data } },
    'GET /api/v1/query': { body: { data: { result } } },
  });
  const sheet = { backends: { prometheus: fake.url, jaeger: fake.url }, answers: { at_most: 1 } };
  const { signal } = new AbortController();
  const program = `node '${join(root, 'examples/drill-solvers/rules.mts')}'`;
  try {
    return JSON.parse(await runProgram(program, JSON.stringify(sheet), { limitMs: 60_000, signal }));
  } finally {
    await fake.stop();
  }
}
