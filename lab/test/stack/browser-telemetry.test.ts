import { undeclaredIn } from '@vitrine/service-kit/registry/contract';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { en } from '../../../frontend/src/messages-en.ts';
import { listen } from '../../../test/listen.ts';
import { poll } from '../../src/poll.ts';
import type { Span } from '../../src/query/span.ts';
import { backendsOf } from './backends.ts';
import { test as base } from './chromium.ts';
import { printedQueries } from './printed-queries.ts';
import { runVitrine, type Site } from './start-stack.ts';

const measuredParts = ['otel-collector', 'frontend'] as const;

/** A test with a shop whose pages are `measured` in browsers, as long as this file runs. */
const test = base.extend('measured', { scope: 'file' }, async ({ stack }, { onCleanup }) => {
  onCleanup(async () => {
    for (const part of measuredParts) await stack.vitrine('restart', part);
  });
  for (const part of measuredParts)
    expect(await runVitrine({ ...stack.environment, RUM: 'on' }, 'restart', part)).toMatchObject({
      status: 0,
    });
  return stack;
});

const collectorOf = ({ ports }: Site) => `http://127.0.0.1:${ports['otel-collector-http']}`;

/** The origin from which a browser may send to the collector when a page of `origin` asks. */
async function allowedOrigin(stack: Site, origin: string): Promise<string | null> {
  const { headers } = await fetch(`${collectorOf(stack)}/v1/traces`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  });
  return headers.get('access-control-allow-origin');
}

/** A window of a new visitor, and the errors of scripts in it. */
async function openWindow(browser: Browser, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  return { page, errors };
}

test('When RUM is off, then pages have no script and ask the shop only, and no page may send to the collector', async ({
  stack,
  browser,
}) => {
  const { page } = await openWindow(browser);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).origin));
  const answer = await page.goto(stack.urls.frontend, { waitUntil: 'networkidle' });
  expect(await page.locator('script').count()).toBe(0);
  expect(answer?.headers()['content-security-policy']).toContain("script-src 'none'");
  expect(answer?.headers()['content-security-policy']).not.toContain('connect-src');
  expect([...new Set(asked)]).toEqual([stack.urls.frontend]);
  expect(await allowedOrigin(stack, stack.urls.frontend)).toBeNull();
});

test('When a page is opened and left, then its load is in the trace of the request, its vitals are counted by route, and nothing tells of the visitor', async ({
  measured: stack,
  browser,
}) => {
  const { jaeger, prometheus, urls } = backendsOf(stack);
  const { page, errors } = await openWindow(browser);
  const sent: string[] = [];
  page.on('request', (request) => {
    if (request.url().startsWith(collectorOf(stack))) sent.push(request.postData() ?? '');
  });
  const answer = await page.goto(`${stack.urls.frontend}/product/laptop-pro?email=zoe%40example.com`);
  const traceId = answer?.headers()['x-trace-id'] ?? '';
  // The browser tells of an interaction once it has painted what came of it.
  await page.getByLabel(en.product.quantity).press('2');
  await page.waitForFunction(() => performance.getEntriesByType('first-input').length > 0);
  // What a page sends while it is left cannot be read here.
  await expect.poll(() => sent.join(), { timeout: 30_000 }).toContain('page load');
  await leave(page);
  expect(errors).toEqual([]);

  const findLoad = async () => {
    const spans = (await jaeger.traceById(traceId))?.spans ?? [];
    const ofBrowser = spans.filter(({ service }) => service === 'frontend-browser');
    const isComplete = ofBrowser.length === 5 && spans.some(({ parentSpanId }) => parentSpanId === undefined);
    return isComplete ? { request: spans.find(isRoot), ofBrowser } : undefined;
  };
  const found = await poll(findLoad, { intervalMs: 500, limitMs: 60_000 });
  const { request, ofBrowser = [] } = found ?? {};
  const load = ofBrowser.find(({ name }) => name === 'page load');
  expect(request?.name).toBe('GET /product/:slug');
  expect(parentsOf(ofBrowser)).toEqual({
    ...{ 'page load': request?.spanId, navigation: load?.spanId },
    ...{ FCP: load?.spanId, LCP: load?.spanId, TTFB: load?.spanId },
  });

  const findLater = async (operation: string) => {
    const search = { service: 'frontend-browser', operation, limit: 10 };
    const range = { startMs: Date.now() - 600_000, endMs: Date.now() + 60_000 };
    const traces = await jaeger.findTraces({ ...search, ...range });
    return traces[0]?.spans;
  };
  const later: Span[] = [];
  for (const name of ['CLS', 'INP']) {
    const spans = await poll(() => findLater(name), { intervalMs: 500, limitMs: 30_000 });
    expect(spans?.map((span) => [span.name, span.parentSpanId])).toEqual([[name, undefined]]);
    later.push(...(spans ?? []));
  }
  const linking = await fetch(`${urls.JAEGER_URL}/api/traces/${later[0]?.traceId}`);
  expect(await linking.text()).toContain(traceId);

  const spans = [...ofBrowser, ...later];
  expect(undeclaredIn({ spans: spans.map(inWordsOfRegistry), points: [], logs: [] })).toEqual([]);
  for (const { resource, attributes } of spans) {
    expect(Object.keys(resource).filter((name) => !name.startsWith('telemetry.sdk.'))).toEqual(
      expect.arrayContaining(['deployment.environment.name', 'service.namespace']),
    );
    expect(attributes['http.route']).toBe('/product/:slug');
  }
  expect(sent.join()).not.toMatch(/laptop-pro|zoe|mozilla|cookie/i);

  let rating: string | undefined;
  for (const name of ['CLS', 'FCP', 'INP', 'LCP', 'TTFB']) {
    const selector = `{service_name="frontend-browser",span_name="${name}",http_route="/product/:slug"}`;
    const query = `traces_span_metrics_calls_total${selector}`;
    const count = async () => (await prometheus.query(query)).find(({ value }) => value > 0);
    const series = await poll(count, { intervalMs: 500, limitMs: 60_000 });
    expect(series?.labels.browser_web_vital_rating, name).toMatch(/^(?:good|needs-improvement|poor)$/);
    const buckets = await prometheus.query(`traces_span_metrics_duration_seconds_bucket${selector}`);
    expect(buckets.length, name).toBeGreaterThan(5);
    if (name === 'LCP') rating = series?.labels.browser_web_vital_rating;
  }

  const printed = printedQueries('docs/browser.md');
  expect(printed.length).toBeGreaterThan(0);
  for (const { text } of printed) {
    // On a busy machine the page may not have been as fast as the query asks.
    const query = text.replace('rating="good"', `rating="${rating}"`);
    const find = async () => (await prometheus.query(query)).find(({ value }) => value > 0);
    expect(await poll(find, { intervalMs: 500, limitMs: 30_000 }), query).toBeDefined();
  }
});

test('When a page of another site tries to send, then the browser does not let it, and the collector takes no plain text', async ({
  measured: stack,
  browser,
}) => {
  const { hostname, port } = new URL(stack.urls.frontend);
  expect(hostname).toBe('127.0.0.1');
  for (const origin of [stack.urls.frontend, `http://localhost:${port}`])
    expect(await allowedOrigin(stack, origin)).toBe(origin);
  const other = await listen((_request, response) =>
    response.end('<!doctype html><title>Another site</title>'),
  );
  onTestFinished(other.close);
  const { page } = await openWindow(browser);
  await page.goto(other.url);
  const send = (contentType: string) =>
    page.evaluate(
      ([url, type]) => {
        const body = '{"resourceSpans":[]}';
        return fetch(url, { method: 'POST', body, headers: { 'content-type': type } }).then(
          ({ status }) => status,
          (error) => String(error),
        );
      },
      [`${collectorOf(stack)}/v1/traces`, contentType] as const,
    );
  expect(await send('application/json')).toContain('Failed to fetch');
  // A browser sends this without asking, and hides the answer.
  const plain = { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } };
  expect((await fetch(`${collectorOf(stack)}/v1/traces`, plain)).status).toBe(415);
});

test('When the collector is away, then a measured page works as ever', async ({
  measured: stack,
  browser,
}) => {
  expect(await stack.vitrine('stop', 'otel-collector')).toMatchObject({ status: 0 });
  onTestFinished(async () => void (await stack.vitrine('start', 'otel-collector')));
  const { page, errors } = await openWindow(browser);
  await page.goto(stack.urls.frontend);
  expect(await page.locator('script').count()).toBe(1);
  await page.getByRole('link', { name: 'Laptop Pro', exact: true }).click();
  await page.getByRole('heading', { name: 'Laptop Pro', level: 1 }).waitFor();
  await leave(page);
  expect(errors).toEqual([]);
});

/** Goes to the cart, which asks a stranger to log in. */
async function leave(page: Page): Promise<void> {
  await page.getByRole('link', { name: en.nav.cart, exact: true }).click();
  await page.waitForURL(/\/login/);
}

const isRoot = ({ parentSpanId }: Span) => parentSpanId === undefined;

function parentsOf(spans: readonly Span[]): Record<string, string | undefined> {
  return Object.fromEntries(spans.map(({ name, parentSpanId }) => [name, parentSpanId]));
}

function inWordsOfRegistry({ service, name, attributes }: Span) {
  const { 'otel.scope.name': scope, ...own } = attributes;
  return { service, scope: String(scope), name, kind: 'INTERNAL' as const, attributes: own, events: [] };
}
