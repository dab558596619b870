import { expect, vi } from 'vitest';
import { openBrowser } from '../../../frontend/test/browser.ts';
import { poll } from '../../src/poll.ts';
import { newCustomer } from './customer.ts';
import { test } from './stack-test.ts';

const services = ['frontend', 'order-service', 'product-service', 'user-service'];
const databases = ['order_dbase', 'product_dbase', 'session_dbase', 'user_dbase'];

test('When somebody buys, then the console shows the checkout as one trace, with its log lines and metrics', async ({
  stack,
}) => {
  const { browser } = await newCustomer(stack);
  const path = '/product/laptop-pro';
  await browser.submit(await browser.open(path), path, { quantity: '1' });
  const bought = await browser.submit(await browser.open('/checkout'), '/checkout/process');
  const thanks = await browser.follow(bought);
  const traceId = bought.headers.get('x-trace-id') ?? '';
  const link = new URL(thanks.html.querySelector('.receipt a')?.getAttribute('href') ?? '');
  expect([link.port, link.pathname]).toEqual([String(stack.ports.console), `/trace/${traceId}`]);

  // A customer follows the link at once. Where the machine is busy, the page asks to be loaded again.
  const console = openBrowser(link.origin);
  const page = await vi.waitFor(async () => {
    const loaded = await console.open(link.pathname);
    expect(loaded.status).toBe(200);
    expect(loaded.html.querySelectorAll('.notice')).toEqual([]);
    expect(loaded.text).not.toContain('a parent that Jaeger does not have');
    return loaded;
  }, 60_000);
  const legend = page.html.querySelectorAll('.legend li').map(({ textContent }) => textContent);
  expect(legend.toSorted()).toEqual(services);
  const rows = page.html.querySelectorAll('.waterfall summary .name').map(({ textContent }) => textContent);
  for (const name of databases) expect(rows.join('\n')).toContain(`→ ${name}`);
  const lines = page.html.querySelectorAll('.waterfall .log dl').map(({ textContent }) => textContent);
  for (const name of services) expect(lines.join('\n')).toContain(`service_name=${name}`);

  let last = '';
  const counted = await poll(
    async () => {
      const { html } = await console.open(link.pathname);
      const metrics = html.querySelectorAll('section[aria-labelledby=metrics] tbody tr');
      last = metrics.map((row) => row.textContent.replace(/\s+/g, ' ').trim()).join('\n');
      const [first = ''] = last.split('\n');
      return metrics.length >= 4 && /^frontend POST \/checkout\/process [1-9]\d* .*this request/.test(first)
        ? true
        : undefined;
    },
    { intervalMs: 500, limitMs: 60_000 },
  );
  expect(counted, last).toBe(true);

  const list = await console.open('/');
  expect(list.html.querySelector(`a[href="/trace/${traceId}"]`)?.textContent).toBe('POST /checkout/process');
});

test('When a trace is asked for in the terminal, then it is shown with its log lines; an unknown or odd id is refused', async ({
  stack,
}) => {
  const answer = await fetch(`${stack.urls.frontend}/product/laptop-pro`);
  const traceId = answer.headers.get('x-trace-id') ?? '';
  await vi.waitFor(async () => {
    const { status, stdout } = await stack.vitrine('trace', traceId);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^frontend GET \/product\/:slug 200, .* ms\n/);
    expect(stdout).toMatch(/product-service GET \/api\/product\/:id .* 200\n/);
    expect(stdout.match(/info request .*http_response_status_code=200/g)).toHaveLength(2);
  }, 60_000);

  expect((await stack.vitrine('trace')).stdout).toContain(traceId);
  const unknown = await stack.vitrine('trace', 'b'.repeat(32));
  expect([unknown.status, unknown.stderr]).toEqual([1, expect.stringContaining('within 3 s of its request')]);
  const odd = await stack.vitrine('trace', 'abc');
  expect([odd.status, odd.stderr]).toEqual([2, expect.stringContaining('"abc" is not a trace id')]);
});
