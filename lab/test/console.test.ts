import { readdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { test as base, describe, expect } from 'vitest';
import { openBrowser } from '../../frontend/test/browser.ts';
import { type FakeService, startFakeService } from '../../test/fake-service.ts';
import { listen } from '../../test/listen.ts';
import { createConsole } from '../src/console/app.ts';
import { createJaeger } from '../src/query/jaeger.ts';
import { createLoki } from '../src/query/loki.ts';
import { createPrometheus } from '../src/query/prometheus.ts';
import recorded from './recorded-request.json' with { type: 'json' };

const runbooks = resolve(import.meta.dirname, '../../docs/runbooks');

const id = '8d3f279282f0065383b3471821925241';

const noTrace = { status: 404, body: { data: null, errors: [{ code: 404, msg: 'trace not found' }] } };
/** An exemplar newer than the recorded ones. */
const another = {
  labels: { trace_id: 'c'.repeat(32) },
  value: '9',
  timestamp: Date.now() / 1000,
};
const exemplars = {
  status: 'success',
  data: [...recorded.prometheus.exemplars.data, { seriesLabels: {}, exemplars: [another] }],
};
const answers = {
  jaeger: {
    'GET /api/services': { body: { data: ['frontend', 'product-service'] } },
    'GET /api/operations': { body: { data: [{ name: 'GET /product/:slug', spanKind: 'server' }] } },
    [`GET /api/traces/${id}`]: { body: recorded.jaeger },
    'GET /api/traces/:id': noTrace,
    'GET /api/traces': { body: recorded.jaeger },
  },
  prometheus: {
    'GET /api/v1/query': { body: recorded.prometheus.query },
    'GET /api/v1/query_exemplars': { body: exemplars },
  },
  loki: { 'GET /loki/api/v1/query_range': { body: recorded.loki } },
} satisfies Record<string, FakeService['routes']>;

/** The console over HTTP; behind it, backends with the answers that real ones gave. */
// biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
const test = base.extend('console', async ({}, { onCleanup }) => {
  const [jaeger, prometheus, loki] = await Promise.all([
    startFakeService({ ...answers.jaeger }),
    startFakeService({ ...answers.prometheus }),
    startFakeService({ ...answers.loki }),
  ]);
  const sources = {
    jaeger: createJaeger(jaeger.url),
    prometheus: createPrometheus(prometheus.url),
    loki: createLoki(loki.url),
    jaegerUrl: jaeger.url,
    shopUrl: 'http://shop.test',
  };
  const { url, close } = await listen(createConsole(sources));
  onCleanup(async () => {
    await Promise.all([close(), jaeger.stop(), prometheus.stop(), loki.stop()]);
  });
  return { ...openBrowser(url), url, jaeger, prometheus, loki };
});

function rowsOf(page: Awaited<ReturnType<ReturnType<typeof openBrowser>['open']>>): string[] {
  return page.html
    .querySelectorAll('.waterfall summary')
    .map((row) => row.textContent.replace(/\s+/g, ' ').trim());
}

describe('the page of a request', () => {
  test('When it is opened, then it shows the request as trace, log lines and metrics', async ({
    console,
  }) => {
    const page = await console.open(`/trace/${id}`);
    expect(page.status).toBe(200);
    expect(page.html.querySelector('h1')?.textContent).toBe('frontend GET /product/:slug');
    expect(rowsOf(page).map((row) => row.replace(/ duration_ms.*/, ''))).toEqual([
      'frontend GET /product/:slug 11.4 ms 200',
      'GET → product-service 3.91 ms 200',
      'product-service GET /api/product/:id 2.37 ms 200',
      'SELECT → product_dbase 1.19 ms',
      'info request',
      'info request',
    ]);
    expect(page.text).toContain('http.route=/api/product/:id');
    const metrics = page.html.querySelectorAll('section[aria-labelledby=metrics] tbody tr');
    expect(metrics.map((row) => row.textContent.replace(/\s+/g, ' ').trim())).toEqual([
      'frontend GET /product/:slug 5 5.000 5.00 s this request, 11.4 ms',
      'product-service GET /api/product/:id 5 5.000 5.00 s this request, 11.4 ms',
    ]);
    expect(page.text).toContain(
      'sum(rate(http_server_request_duration_seconds_count{service_name="frontend", http_request_method="GET", http_route="/product/:slug"}[5m]))',
    );
  });

  test('When it is opened, then bars stand where the spans were', async ({ console }) => {
    const page = await console.open(`/trace/${id}`);
    const bars = page.html.querySelectorAll('.waterfall rect');
    expect(bars.map((bar) => ['x', 'width'].map((name) => Number(bar.getAttribute(name))))).toEqual([
      [0, 1000],
      [88, 344],
      [264, 209],
      [264, 105],
    ]);
  });

  test('When spans, lines or labels hold HTML, then it is text', async ({ console }) => {
    const hostile = '<script>alert(1)</script>\\"><img src=x onerror=alert(2)>';
    const poison = (answer: object) =>
      JSON.parse(
        JSON.stringify(answer)
          .replaceAll('GET /product/:slug', hostile)
          .replaceAll('"request"', `"${hostile}"`)
          .replaceAll('/product/:slug', hostile),
      );
    console.jaeger.routes = { 'GET /api/traces/*': { body: poison(recorded.jaeger) } };
    console.loki.routes = { 'GET /*': { body: poison(recorded.loki) } };
    const page = await console.open(`/trace/${id}`);
    expect(page.text).toContain('<script>alert(1)</script>');
    expect(page.html.querySelectorAll('script, img[onerror]')).toEqual([]);
  });

  test('When it was asked for before all had arrived, then it waits until all has', async ({ console }) => {
    const startUs = Math.min(...(recorded.jaeger.data[0]?.spans.map(({ startTime }) => startTime) ?? []));
    const offsetUs = (Date.now() - 1000) * 1000 - startUs;
    const [trace] = recorded.jaeger.data;
    const spans = trace?.spans.map((span) => ({ ...span, startTime: span.startTime + offsetUs })) ?? [];
    const answer = (count: number) => ({ body: { data: [{ ...trace, spans: spans.slice(0, count) }] } });
    const arriving = [noTrace, answer(1), answer(spans.length)];
    const empty = { ...recorded.loki, data: { ...recorded.loki.data, result: [] } };
    const lines = [{ body: empty }, { body: empty }, { body: recorded.loki }];
    console.jaeger.routes = { 'GET /*': () => arriving.shift() ?? answer(spans.length) };
    console.loki.routes = { 'GET /*': () => lines.shift() ?? { body: recorded.loki } };
    expect(rowsOf(await console.open(`/trace/${id}`))).toHaveLength(6);
    expect(lines).toEqual([]);
  });

  test('When Jaeger has no such trace, then the page says so, and that it may come', async ({ console }) => {
    const page = await console.open(`/trace/${'b'.repeat(32)}`);
    expect(page.status).toBe(404);
    expect(page.text).toContain('within 3 seconds');
  });

  test.for(['loki', 'prometheus'] as const)(
    'When %s is away, then the page says so and shows the rest',
    async (name, { console }) => {
      await console[name].stop();
      const page = await console.open(`/trace/${id}`);
      expect(page.status).toBe(200);
      expect(page.html.querySelectorAll('.notice').map((notice) => notice.textContent)).toEqual([
        expect.stringMatching(new RegExp(`^${name} at ${console[name].url} cannot be asked`, 'i')),
      ]);
      expect(rowsOf(page)).toHaveLength(name === 'loki' ? 4 : 6);
      expect(page.html.querySelectorAll('tbody tr')).toHaveLength(name === 'loki' ? 2 : 0);
    },
  );

  test('When Jaeger is away, then the page is a 503 that says so', async ({ console }) => {
    await console.jaeger.stop();
    const page = await console.open(`/trace/${id}`);
    expect(page.status).toBe(503);
    expect(page.text).toContain(`Jaeger at ${console.jaeger.url} cannot be asked`);
  });

  test.for(['/trace/xyz', '/trace?id=', '/trace?id=<b>', `/trace/${id}0`, '/trace/%00', '/trace/%ff'])(
    'When %s is opened, then it is a 400 in plain words',
    async (path, { console }) => {
      const page = await console.open(path);
      expect(page.status).toBe(400);
      expect(page.html.querySelectorAll('main b')).toEqual([]);
      expect(console.jaeger.requests).toEqual([]);
    },
  );

  test('When an id is looked up, in whatever form it was copied, then it leads to its page', async ({
    console,
  }) => {
    const { status, location } = await console.open(`/trace?id=00-${id.toUpperCase()}-${'b'.repeat(16)}-01`);
    expect([status, location]).toEqual([303, `/trace/${id}`]);
  });
});

describe('the list of requests', () => {
  test('When it is opened, then it lists the requests to the frontend and leads to their pages', async ({
    console,
  }) => {
    const page = await console.open('/');
    const [row, ...others] = page.html.querySelectorAll('tbody tr');
    expect(others).toEqual([]);
    expect(row?.textContent.replace(/\s+/g, ' ')).toMatch(
      new RegExp(` GET /product/:slug 200 11\\.4 ms .* ${id} `),
    );
    expect(row?.querySelector('a')?.getAttribute('href')).toBe(`/trace/${id}`);
  });

  test('When the service is left open, then it lists those to the frontend', async ({ console }) => {
    for (const query of ['?service=', '?service=a&service=b']) {
      const page = await console.open(`/${query}`);
      expect(page.status).toBe(200);
      expect(page.html.querySelector('option[selected]')?.textContent).toBe('frontend');
    }
  });

  test('When another service is chosen, then it lists the requests to that', async ({ console }) => {
    const page = await console.open('/?service=product-service');
    expect(page.html.querySelector('tbody th')?.textContent).toBe('GET /api/product/:id');
    expect(page.html.querySelector('option[selected]')?.textContent).toBe('product-service');
  });

  test('When it is filtered, then Jaeger searches, and the form keeps what was typed', async ({
    console,
  }) => {
    const page = await console.open('/?service=frontend&operation=GET+%2Fnone&status=404&min=250');
    const search = console.jaeger.requests.find(({ path }) => path.startsWith('/api/traces?'));
    expect(Object.fromEntries(new URL(search?.path ?? '', 'http://x').searchParams)).toMatchObject({
      ...{ service: 'frontend', operation: 'GET /none', minDuration: '250ms' },
      tags: '{"http.response.status_code":"404"}',
    });
    expect(page.html.querySelectorAll('tbody tr')).toEqual([]);
    expect(page.html.querySelector('#status')?.getAttribute('value')).toBe('404');
    expect(page.html.querySelectorAll('option[selected]').map(({ textContent }) => textContent)).toEqual([
      'frontend',
      'GET /none',
    ]);
  });

  test('When errors alone are wanted, then answers below 500 are left out', async ({ console }) => {
    const page = await console.open('/?errors=on');
    expect(page.html.querySelectorAll('tbody tr')).toEqual([]);
    const asked = console.jaeger.requests.filter(({ path }) => /tags=.*50[0234]/.test(path));
    expect(asked).toHaveLength(4);
  });

  test.for(['?status=abc', '?status=99', '?min=1.5', '?min=-1', '?errors=maybe'])(
    'When the filter is %s, then it is a 400 that says what is wrong',
    async (query, { console }) => {
      const page = await console.open(`/${query}`);
      expect(page.status).toBe(400);
      expect(page.html.querySelectorAll('.notice')).toHaveLength(1);
    },
  );

  test('When it should load again and again, then it does until that is switched off', async ({
    console,
  }) => {
    const quiet = await console.open('/?status=200');
    expect(quiet.html.querySelector('meta[http-equiv=refresh]')).toBeNull();
    const on = quiet.html.querySelector('.section-head a')?.getAttribute('href')?.replaceAll('&amp;', '&');
    expect(on).toBe('/?status=200&refresh=on');
    const restless = await console.open(on ?? '');
    expect(restless.html.querySelector('meta[http-equiv=refresh]')?.getAttribute('content')).toBe('5');
    expect(restless.html.querySelector('.section-head a')?.getAttribute('href')).toBe('/?status=200');
  });

  test('When Jaeger is away, then the page is a 503 that says so', async ({ console }) => {
    await console.jaeger.stop();
    const page = await console.open('/');
    expect(page.status).toBe(503);
    expect(page.text).toContain(`Jaeger at ${console.jaeger.url} cannot be asked`);
  });
});

/** Prometheus says that these exporters and jobs do not deliver. */
const failing = (...problems: readonly Record<string, string>[]): FakeService['routes'] => ({
  ...answers.prometheus,
  'GET /api/v1/query': ({ path }) => {
    const isAsked = new URL(path, 'http://x').searchParams.get('query')?.includes('delivery:failing');
    if (!isAsked) return { body: recorded.prometheus.query };
    const result = problems.map((metric) => ({ metric, value: [Date.now() / 1000, '1'] }));
    return { body: { status: 'success', data: { resultType: 'vector', result } } };
  },
});
const noticesOf = ({ html }: Awaited<ReturnType<ReturnType<typeof openBrowser>['open']>>) =>
  html.querySelectorAll('.notice').map(({ textContent }) => textContent);

describe('When telemetry is not delivered', () => {
  const problems = [{ exporter: 'otlp_http/loki' }, { exporter: 'otlp_grpc/jaeger' }];
  const sentences = ['jaeger', 'loki'].map(
    (part) => `${part}: the collector cannot deliver to it: ./vitrine logs otel-collector says why.`,
  );

  test.for(['/', `/trace/${id}`])('then %s says so', async (path, { console }) => {
    console.prometheus.routes = failing(...problems);
    const page = await console.open(path);
    expect(page.status).toBe(200);
    expect(noticesOf(page)).toEqual(sentences);
  });

  test('then a page of a trace that is not there says so', async ({ console }) => {
    console.prometheus.routes = failing(...problems);
    const page = await console.open(`/trace/${'b'.repeat(32)}`);
    expect(page.status).toBe(404);
    for (const sentence of sentences) expect(page.text).toContain(sentence);
  });

  test('then a trace without its lines says why', async ({ console }) => {
    console.loki.routes = {
      'GET /*': { body: { ...recorded.loki, data: { ...recorded.loki.data, result: [] } } },
    };
    expect(noticesOf(await console.open(`/trace/${id}`))).toEqual([
      '2 requests have no log line in Loki: it is late, lost, or below LOG_LEVEL. ./vitrine status says if something is wrong.',
    ]);
    console.prometheus.routes = failing({ exporter: 'otlp_http/loki' });
    expect(noticesOf(await console.open(`/trace/${id}`))).toEqual([
      '2 requests have no log line, since the collector could not deliver to Loki: ./vitrine logs otel-collector says why.',
      sentences[1],
    ]);
  });

  test('then a list without requests says so, and how to make one', async ({ console }) => {
    console.prometheus.routes = failing(...problems);
    const page = await console.open('/?min=9999');
    expect(noticesOf(page)).toEqual(sentences);
    expect(page.text).toContain('Open a page of the shop');
  });
});

test('When Prometheus does not answer, then the list of requests waits for it only shortly', async ({
  console,
}) => {
  console.prometheus.mode = 'hang';
  const page = await console.open('/');
  expect(noticesOf(page)).toEqual([
    `Prometheus at ${console.prometheus.url} cannot be asked: no answer within 2 s.`,
  ]);
  expect(page.html.querySelectorAll('tbody tr')).toHaveLength(1);
});

describe('the page of alerts', () => {
  const alert = {
    ...{ status: 'firing', startsAt: '2026-11-01T10:00:00Z', endsAt: '0001-01-01T00:00:00Z' },
    labels: { alertname: 'ServiceDown', service_name: 'frontend', severity: 'critical' },
    annotations: { summary: 'frontend is <gone>' },
  };
  const about = (labels: Record<string, string>) => ({ ...alert, labels: { ...alert.labels, ...labels } });
  const send = (url: string, body: string, type = 'application/json') =>
    fetch(`${url}/alerts`, { method: 'POST', headers: { 'content-type': type }, body });

  test('When Alertmanager sends alerts, then it shows them, the newest first', async ({ console }) => {
    expect((await console.open('/alerts')).text).toContain('Alertmanager has sent none');
    const messages = [alert, { ...alert, status: 'resolved' }].map((one) => ({ alerts: [one] }));
    for (const message of messages)
      expect((await send(console.url, JSON.stringify(message))).status).toBe(204);
    const rows = (await console.open('/alerts')).html.querySelectorAll('tbody tr');
    expect(rows.map((row) => row.querySelector('td')?.textContent)).toEqual([
      ...['resolved (critical)', 'firing (critical)'],
    ]);
    expect(rows[0]?.querySelector('a')?.getAttribute('href')).toBe('/runbooks/ServiceDown');
    expect(rows[0]?.textContent).toContain('frontend is <gone>');
  });

  test('When the name of an alert holds half a character, then the page still opens', async ({ console }) => {
    const name = JSON.stringify({ alerts: [about({ alertname: 'Half \ud83d' })] });
    expect((await send(console.url, name)).status).toBe(204);
    expect((await console.open('/alerts')).text).toContain('Half \ufffd');
  });

  test('When alerts are sent again because another of their group changed, then only that is added', async ({
    console,
  }) => {
    const [one, other] = ['order-service', 'user-service'].map((service_name) => about({ service_name }));
    const again = { ...one, startsAt: '2026-11-01T11:00:00Z' };
    const group = [[one], [one, other], [{ ...one, status: 'resolved' }, other], [other], [again, other]];
    for (const alerts of [...group, group.at(-1)]) await send(console.url, JSON.stringify({ alerts }));
    const rows = (await console.open('/alerts')).html.querySelectorAll('tbody tr');
    expect(rows.map((row) => row.textContent.match(/\w+-service|firing|resolved/g)?.join(' '))).toEqual([
      ...['order-service firing', 'order-service resolved', 'user-service firing', 'order-service firing'],
    ]);
  });

  test('When one service misses two objectives, then the page tells them apart', async ({ console }) => {
    const objectives = [
      { objective: 'availability', window: '1h' },
      { objective: 'latency', window: '1h' },
      { objective: 'latency', window: '6h' },
    ];
    const alerts = objectives.map((labels) => about({ alertname: 'ErrorBudgetBurn', ...labels }));
    await send(console.url, JSON.stringify({ alerts }));
    const rows = (await console.open('/alerts')).html.querySelectorAll('tbody th');
    expect(rows.map(({ textContent }) => textContent)).toEqual([
      'ErrorBudgetBurn frontend availability 1h',
      'ErrorBudgetBurn frontend latency 1h',
      'ErrorBudgetBurn frontend latency 6h',
    ]);
  });

  test('When it got hundreds, then it shows the newest', async ({ console }) => {
    const alerts = Array.from({ length: 300 }, (_, index) => about({ service_name: `service-${index}` }));
    await send(console.url, JSON.stringify({ alerts }));
    expect((await console.open('/alerts')).html.querySelectorAll('tbody tr')).toHaveLength(200);
  });

  test.for([
    ['no JSON', '{', 'application/json'],
    ['no alerts', '{"alerts":[{"status":"on"}]}', 'application/json'],
    ['a form, as a web site could send it', 'alerts=1', 'application/x-www-form-urlencoded'],
  ])(
    'When it is sent %s, then it is a 400, and nothing is shown',
    async ([, body = '', type], { console }) => {
      expect((await send(console.url, body, type)).status).toBe(400);
      expect((await console.open('/alerts')).html.querySelector('tbody')).toBeNull();
    },
  );
});

test.for(readdirSync(runbooks).map((file) => basename(file, '.md')))(
  'When the runbook of %s is opened, then it says what to do',
  async (alert, { console }) => {
    const page = await console.open(`/runbooks/${alert}`);
    expect(page.status).toBe(200);
    expect(page.html.querySelector('h1')?.textContent).toBe(alert);
    expect(page.text).toContain('## What to do');
  },
);

test.for(['Nothing', '..%2ftelemetry', 'ServiceDown.md'])(
  'When the runbook of %s is opened, then it is a 404',
  async (alert, { console }) => {
    expect((await console.open(`/runbooks/${alert}`)).status).toBe(404);
  },
);

test.for([
  ['GET', '/static/shop.css', { 'If-Match': '"x"' }, 412],
  ['HEAD', '/static/console.css', { 'If-Match': '"x"' }, 412],
  ['GET', '/static/shop.css', { 'If-Unmodified-Since': 'Mon, 01 Jan 1990 00:00:00 GMT' }, 412],
  ['GET', '/static/shop.css', { Range: 'bytes=99999999-' }, 416],
  ['GET', '/static/products/', {}, 404],
  ['GET', '/static/%zz', {}, 404],
  ['GET', '/static/..%2fviews/trace.ejs', {}, 404],
  ['POST', '/static/shop.css', {}, 404],
  ['GET', '/runbooks/%zz', {}, 400],
  ['GET', '/trace/%ff', {}, 400],
] as const)(
  'When %s %s with %j cannot be answered, then a page says so with %i',
  async (wanted, { console }) => {
    const [method, path, headers, status] = wanted;
    const page = await console.send(method, path, (request) => request.set(headers));
    expect(page.status).toBe(status);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('last-modified')).toBeNull();
    expect(page.headers.has('content-range')).toBe(status === 416);
  },
);

test('When any page is opened, then nothing on it may run or come from elsewhere', async ({ console }) => {
  for (const path of [
    '/',
    `/trace/${id}`,
    '/runbooks/ServiceDown',
    '/nowhere',
    '/static/console.css',
    '/static/shop.css',
  ]) {
    const { headers, html } = await console.open(path);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'self';script-src 'none';object-src 'none';form-action 'self';base-uri 'none';frame-ancestors 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(html.querySelectorAll('[style], style, script')).toEqual([]);
  }
});

test('When the backends are away, then the console itself is healthy', async ({ console }) => {
  await Promise.all([console.jaeger.stop(), console.prometheus.stop(), console.loki.stop()]);
  expect((await console.open('/healthz')).status).toBe(200);
});
