import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { declared, type Telemetry, undeclaredIn } from '@vitrine/service-kit/registry/contract';
import { expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { openBrowser } from '../../../frontend/test/browser.ts';
import { requestsTo } from '../../../test/request.ts';
import type { PartName } from '../../src/part-names.ts';
import { poll } from '../../src/poll.ts';
import {
  inWordsOfRegistry,
  missingLogs,
  missingMetrics,
  missingSpans,
  readLines,
  readSpans,
} from '../../src/verify/telemetry.ts';
import { arrivals } from './arrivals.ts';
import { type Backends, backendsOf } from './backends.ts';
import { logIn, newCustomer } from './customer.ts';
import { lately } from './panel.ts';
import { test } from './stack-test.ts';
import type { Site } from './start-stack.ts';

test('When all is done that can be done, then everything that is declared is in the backends, and nothing else', async ({
  stack,
}) => {
  await order(stack);
  await administer(stack);
  await causeFaults(stack);
  await meetOutages(stack);
  const backends = backendsOf(stack);
  const complete = async () => {
    const seen = await readTelemetry(backends);
    return missingIn(seen).length === 0 ? seen : undefined;
  };
  const seen =
    (await poll(complete, { intervalMs: 2000, limitMs: 120_000 })) ?? (await readTelemetry(backends));
  expect(missingIn(seen)).toEqual([]);
  expect(undeclaredIn(seen)).toEqual([]);
});

/** Log messages that nobody can bring about from outside: of a bug, a refused account, a database that goes, or a signal that comes, at just that moment. */
const outOfReach = [
  'Something went wrong on our side',
  'cannot start',
  'start abandoned',
  'crashed',
  'could not close cleanly',
  'could not delete what has expired',
  'could not end a session',
  'waiting for the database',
];

/** Reads all telemetry of the last minutes. */
async function readTelemetry({ jaeger, loki, prometheus }: Backends): Promise<Telemetry> {
  const [spans, series, lines] = await Promise.all([
    readSpans(jaeger, lately(), 2000),
    prometheus.query('{job=~"vitrine/.*"}'),
    readLines(loki, lately(), Number.POSITIVE_INFINITY),
  ]);
  const labels = series.map((one) => one.labels);
  return inWordsOfRegistry(spans, labels, lines);
}

function missingIn(seen: Telemetry): string[] {
  const messages = declared.logs.filter(({ message }) => !outOfReach.includes(message));
  return [...missingSpans(seen), ...missingMetrics(seen), ...missingLogs(seen, messages)];
}

/** Buys, and is refused on the way: with nothing in the cart, logged out, with a wrong password too often. */
async function order(stack: Site) {
  const customer = await newCustomer(stack);
  const { browser, username } = customer;
  const product = await browser.open('/product/laptop-pro');
  const add = () => browser.submit(product, '/product/laptop-pro', { quantity: '2' });
  await add();
  await browser.submit(await browser.open('/checkout'), '/cart/update/1', { quantity: '3' });
  await browser.submit(await browser.open('/checkout'), '/cart/remove/1');
  await add();
  const cart = await browser.open('/checkout');
  await browser.follow(await browser.submit(cart, '/checkout/process'));
  await browser.submit(cart, '/checkout/process');
  await browser.open('/logout');
  const stranger = await browser.open('/login');
  const token = stranger.html.querySelector('[name=_csrf]')?.getAttribute('value') ?? '';
  await browser.send('POST', '/checkout/process', (request) => request.type('form').send({ _csrf: token }));
  await browser.open('/no-such-page?with=a-query');
  await fetch(stack.urls.frontend, { method: 'PROPFIND' });
  const ask = requestsTo(stack.urls['user-service']);
  const wrong = { json: { username, password: 'not my password' } };
  for (let time = 0; time <= 10; time += 1) await ask('POST /api/user/login', wrong);
  expect(await ask('POST /api/user/login', wrong)).toMatchObject({ status: 429 });
  await ask('POST /api/user/login', { json: { ...wrong.json, username: 'nobody-at-all' } });
}

const idOf = z.object({ product: z.object({ id: z.int() }) });

/** Adds a product, changes it, and deletes it while it lies in a customer's cart. */
async function administer(stack: Site) {
  const ask = requestsTo(stack.urls['product-service']);
  const login = { json: { username: 'admin', password: 'admin123' } };
  const { body } = await requestsTo(stack.urls['user-service'])('POST /api/user/login', login);
  const { api_key: apiKey } = z.object({ api_key: z.string() }).parse(body);
  const json = { name: 'Lampe', slug: 'lampe', image: 'lampe.svg', price: 20 };
  const added = await ask('POST /api/product/create', { apiKey, json: { ...json, image: 'laptop-pro.svg' } });
  const { id } = idOf.parse(added.body).product;
  await ask(`PUT /api/product/${id}`, { apiKey, json: { ...json, image: 'laptop-pro.svg', price: 30 } });
  const customer = await newCustomer(stack);
  await customer.ask('POST /api/order/add-item', { json: { product_id: id, qty: 1 } });
  const cart = await customer.browser.open('/checkout');
  await ask(`DELETE /api/product/${id}`, { apiKey });
  await customer.browser.submit(cart, '/checkout/process');
}

/** Lets every request fail, first of one service and then of the next. */
async function causeFaults({ home, urls }: Site) {
  const { FAULT_TOKEN: apiKey = '' } = parseEnv(readFileSync(join(home, '.env'), 'utf8'));
  for (const [service, url] of Object.entries(urls)) {
    const ask = requestsTo(url);
    const statusOf = async (path: string) => (await fetch(url + path)).status;
    const json = { latency_ms: 1, error_rate: 1, error_status: 599, db_latency_ms: 1, duration_s: 60 };
    expect(await ask('PUT /internal/faults', { apiKey, json }), service).toMatchObject({ status: 200 });
    expect(await statusOf('/'), service).toBe(599);
    expect(await ask('DELETE /internal/faults', { apiKey }), service).toMatchObject({ status: 200 });
    expect(await statusOf('/'), service).toBeLessThan(500);
  }
}

/** Hangs databases under visitors, one of whom gives up; another logs out while user-service is away. */
async function meetOutages(stack: Site) {
  const { browser, ...account } = await newCustomer(stack);
  await without(stack, 'product_dbase', 'pause', 'resume', async () => {
    const url = `${stack.urls['product-service']}/api/products`;
    await fetch(url, { signal: AbortSignal.timeout(100) }).catch(() => undefined);
    await arrivals(url, { perSecond: 50, seconds: 1 });
  });
  await without(stack, 'user_dbase', 'pause', 'resume', () => browser.open('/orders'));
  const leaver = openBrowser(stack.urls.frontend, { 'accept-language': 'fr' });
  await logIn(leaver, account);
  await without(stack, 'user-service', 'stop', 'start', () => leaver.open('/logout'));
}

async function without(
  { vitrine }: Site,
  part: PartName,
  how: 'pause' | 'stop',
  back: 'resume' | 'start',
  visit: () => Promise<unknown>,
) {
  expect(await vitrine(how, part)).toMatchObject({ status: 0 });
  onTestFinished(async () => void (await vitrine(back, part)));
  await visit();
  await vitrine(back, part);
}
