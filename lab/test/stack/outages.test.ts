import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { fr } from '../../../frontend/src/messages-fr.ts';
import { openBrowser } from '../../../frontend/test/browser.ts';
import { requestsTo } from '../../../test/request.ts';
import { type PartName, partNames } from '../../src/part-names.ts';
import { type Customer, newCustomer } from './customer.ts';
import { test } from './stack-test.ts';
import type { Site } from './start-stack.ts';
import { steadyTraffic } from './traffic.ts';

/** Requests of pages begin with the method, those of APIs with the service. */
type Outage = { part: PartName; how: 'stop' | 'pause'; seconds: number; fails: string[]; works: string[] };

const ordersAway = {
  fails: [
    ...['GET /checkout', 'GET /orders', 'order-service GET /api/order', 'order-service GET /api/orders'],
    'order-service POST /api/order/add-item',
  ],
  works: ['GET /', 'GET /product/laptop-pro', 'product-service GET /api/products'],
};

const outages: Outage[] = [
  { part: 'order_dbase', how: 'pause', seconds: 20, ...ordersAway },
  { part: 'order_dbase', how: 'stop', seconds: 20, ...ordersAway },
  {
    ...{ part: 'product_dbase', how: 'pause', seconds: 5 },
    fails: [
      ...['GET /', 'GET /product/laptop-pro', 'GET /checkout'],
      ...['product-service GET /api/products', 'order-service GET /api/order'],
    ],
    works: ['GET /orders', 'GET /login', 'order-service GET /api/orders', 'user-service GET /api/user'],
  },
  {
    ...{ part: 'user_dbase', how: 'pause', seconds: 5 },
    fails: [
      ...['GET /checkout', 'GET /orders', 'user-service GET /api/user', 'order-service GET /api/order'],
      'order-service POST /api/order/add-item',
    ],
    works: ['GET /', 'GET /product/laptop-pro', 'product-service GET /api/products'],
  },
];

describe.for(outages)('When $part has a $how for $seconds s under steady traffic', (outage) => {
  const { part, how, seconds, fails, works } = outage;

  test('then 503 in 2 s while it lasts, normal 3 s after, and nothing is lost or done twice', async ({
    stack,
  }) => {
    const customer = await newCustomer(stack);
    await customer.ask('POST /api/order/add-item', { json: { product_id: 2, qty: 1 } });
    const pids = pidsWithout(part, stack);
    const all = [...fails, ...works];
    const asks = all.map((what) => [what, askFor(stack, customer, what)] as const);
    const traffic = steadyTraffic(Object.fromEntries(asks));
    await traffic.allAnswer(200, 5000);

    const back = how === 'stop' ? 'start' : 'resume';
    expect(await stack.vitrine(how, part)).toMatchObject({ status: 0 });
    onTestFinished(async () => void (await stack.vitrine(back, part)));
    const awayFrom = performance.now();
    await pause(seconds * 1000);
    const awayUntil = performance.now();
    expect(await stack.vitrine(back, part)).toMatchObject({ status: 0 });
    const backAt = performance.now();
    await traffic.allAnswer(200, 3000);
    await pause(3000 - (performance.now() - backAt));
    await traffic.allAnswer(200, 1000);
    const seen = await traffic.stop();

    const lasting = seen.filter(({ startedAt }) => startedAt > awayFrom && startedAt < awayUntil - 2000);
    expect(new Set(lasting.map(({ what }) => what))).toEqual(new Set(all));
    const expected = (what: string) => (fails.includes(what) ? 503 : 200);
    expect(lasting.filter(({ what, outcome, ms }) => outcome !== expected(what) || ms > 2000)).toEqual([]);
    expect(seen.filter(({ startedAt, outcome }) => startedAt > backAt + 3000 && outcome !== 200)).toEqual([]);
    expect(seen.filter(({ outcome }) => outcome !== 200 && outcome !== 503)).toEqual([]);
    expect(pidsWithout(part, stack)).toEqual(pids);

    const added = seen.filter(({ what }) => what.includes('add-item'));
    const inDoubt = added.filter(({ startedAt, outcome }) => outcome === 503 && startedAt < awayFrom);
    const counted = added.filter(({ outcome }) => outcome === 200).length;
    const bought = await buy(customer);
    expect(bought).toBeGreaterThanOrEqual(counted);
    expect(bought).toBeLessThanOrEqual(counted + inDoubt.length);
  });
});

const serviceAway: [service: PartName, words: { title: string }, works: string[], fails: string[]][] = [
  [
    'product-service',
    fr.errors.unavailable.products,
    ['/login', '/register', '/orders', '/static/shop.css'],
    ['/', '/product/laptop-pro', '/product/unknown', '/checkout'],
  ],
  [
    'order-service',
    fr.errors.unavailable.orders,
    ['/', '/product/laptop-pro', '/login', '/register'],
    ['/checkout', '/orders', '/orders?before=9'],
  ],
  [
    'user-service',
    fr.errors.unavailable.users,
    ['/', '/product/laptop-pro', '/login', '/register'],
    ['/checkout', '/orders'],
  ],
];

describe.for(serviceAway)('When %s is stopped', ([service, words, works, fails]) => {
  test('then what needs it says so in words, the rest works, and all does once it is back', async ({
    stack,
  }) => {
    const { browser } = await newCustomer(stack);
    const product = await browser.open('/product/laptop-pro');
    await browser.submit(product, '/product/laptop-pro', { quantity: '1' });
    const cart = await browser.open('/checkout');
    await stack.vitrine('stop', service);
    onTestFinished(async () => void (await stack.vitrine('start', service)));
    for (const path of works) expect(await browser.open(path), path).toMatchObject({ status: 200 });
    const forms = [
      await browser.submit(product, '/product/laptop-pro', { quantity: '1' }),
      await browser.submit(cart, '/cart/update/1', { quantity: '2' }),
      await browser.submit(cart, '/checkout/process'),
    ];
    const pages = await Promise.all(fails.map((path) => browser.open(path)));
    for (const page of [...pages, ...forms]) {
      expect(page.status).toBe(503);
      expect(page.html.querySelector('h1')?.textContent).toBe(words.title);
      expect(page.headers.get('retry-after')).toBe('1');
    }
    await stack.vitrine('start', service);
    for (const path of [...works, ...fails.slice(0, 1)])
      expect(await browser.open(path), path).toMatchObject({ status: 200 });
    const bought = await browser.submit(await browser.open('/checkout'), '/checkout/process');
    expect(bought.location).toBe('/order/thank-you');
    expect((await browser.follow(bought)).text).toContain('1 200');
  });
});

test('When user-service is stopped, then nobody can log in or register, and is told why', async ({
  stack,
}) => {
  const browser = openBrowser(stack.urls.frontend, { 'accept-language': 'fr' });
  const [login, register] = [await browser.open('/login'), await browser.open('/register')];
  await stack.vitrine('stop', 'user-service');
  onTestFinished(async () => void (await stack.vitrine('start', 'user-service')));
  const account = { username: 'somebody', password: 'some password', email: 'some@example.com' };
  for (const page of [
    await browser.submit(login, '/login', account),
    await browser.submit(register, '/register', { ...account, first_name: 'Some', last_name: 'Body' }),
  ]) {
    expect(page.status).toBe(503);
    expect(page.text).toContain(fr.errors.unavailable.users.title);
  }
});

function askFor({ urls }: Site, { browser, apiKey }: Customer, what: string) {
  const [, service, route = what] = /^(\w+-service) (.*)$/.exec(what) ?? [];
  const path = route.replace('GET ', '');
  if (service === undefined) return () => browser.open(path);
  const request = requestsTo(
    z
      .enum(services)
      .transform((name) => urls[name])
      .parse(service),
  );
  const json = { product_id: 1, qty: 1 };
  return () => request(route, { apiKey, ...(route.startsWith('POST') && { json }) });
}

const services = ['user-service', 'product-service', 'order-service'] as const;

const boughtOrder = z.object({ items: z.array(z.object({ product_id: z.int(), quantity: z.int() })) });

/** Checks out. @returns how many of product 1 there were, both in the answer and in the list of orders */
async function buy({ ask }: Customer): Promise<number> {
  const { body } = await ask('POST /api/order/checkout');
  const { result } = z.object({ result: boughtOrder }).parse(body);
  const orders = z.array(boughtOrder).parse((await ask('GET /api/orders')).body);
  expect(orders).toEqual([result]);
  return result.items.find((item) => item.product_id === 1)?.quantity ?? 0;
}

/** The process ids of all parts but one. */
function pidsWithout(part: PartName, { home }: Site): Record<string, unknown> {
  // Grafana is a part only where it is installed.
  const others = partNames.filter((name) => name !== part && name !== 'grafana');
  const pidOf = (name: PartName) => JSON.parse(readFileSync(join(home, 'run', `${name}.json`), 'utf8')).pid;
  return Object.fromEntries(others.map((name) => [name, pidOf(name)]));
}
