import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { requestsTo } from '../../../test/request.ts';
import type { PartName } from '../../src/part-names.ts';
import { type Customer, newCustomer } from './customer.ts';
import type { Site } from './start-stack.ts';
import { steadyTraffic } from './traffic.ts';

/** A request for a page begins with the method, one to an API with the service. */
export type DatabaseOutage = { part: PartName; how: 'stop' | 'pause'; fails: string[]; works: string[] };

const ordersAway = {
  fails: [
    ...['GET /checkout', 'GET /orders', 'order-service GET /api/order', 'order-service GET /api/orders'],
    'order-service POST /api/order/add-item',
  ],
  works: ['GET /', 'GET /product/laptop-pro', 'product-service GET /api/products'],
};

export const databaseOutages: DatabaseOutage[] = [
  { part: 'order_dbase', how: 'pause', ...ordersAway },
  { part: 'order_dbase', how: 'stop', ...ordersAway },
  {
    ...{ part: 'product_dbase', how: 'pause' },
    fails: [
      ...['GET /', 'GET /product/laptop-pro', 'GET /checkout'],
      ...['product-service GET /api/products', 'order-service GET /api/order'],
    ],
    works: ['GET /orders', 'GET /login', 'order-service GET /api/orders', 'user-service GET /api/user'],
  },
  {
    ...{ part: 'user_dbase', how: 'pause' },
    fails: [
      ...['GET /checkout', 'GET /orders', 'user-service GET /api/user', 'order-service GET /api/order'],
      'order-service POST /api/order/add-item',
    ],
    works: ['GET /', 'GET /product/laptop-pro', 'product-service GET /api/products'],
  },
];

const answerLimitMs = 2000;

/**
 * Takes a database away for so long, under steady traffic: what needs it gets 503 in two seconds, the rest works, and
 * all is well soon after its return. No line of the cart is lost or added twice.
 */
export async function outlastDatabaseOutage(
  stack: Site,
  { part, how, fails, works }: DatabaseOutage,
  seconds: number,
): Promise<void> {
  const customer = await newCustomer(stack);
  await customer.ask('POST /api/order/add-item', { json: { product_id: 2, qty: 1 } });
  const pids = pidsWithout(part, stack);
  const all = [...fails, ...works];
  const asks = all.map((what) => [what, askFor(stack, customer, what)] as const);
  const traffic = steadyTraffic(Object.fromEntries(asks));
  await traffic.allAnswer(200);

  const back = how === 'stop' ? 'start' : 'resume';
  expect(await stack.vitrine(how, part)).toMatchObject({ status: 0 });
  onTestFinished(async () => void (await stack.vitrine(back, part)));
  const awayFrom = performance.now();
  await pause(seconds * 1000);
  const awayUntil = performance.now();
  expect(await stack.vitrine(back, part)).toMatchObject({ status: 0 });
  const backAt = performance.now();
  await traffic.allAnswer(200);
  await pause(3000 - (performance.now() - backAt));
  const wellFrom = performance.now();
  await traffic.allAnswer(200);
  const seen = await traffic.stop();

  const lasting = seen.filter(
    ({ startedAt }) => startedAt > awayFrom && startedAt < awayUntil - answerLimitMs,
  );
  expect(new Set(lasting.map(({ what }) => what))).toEqual(new Set(all));
  const expected = (what: string) => (fails.includes(what) ? 503 : 200);
  // The requests that lack nothing show what a busy machine adds.
  const lagMs = Math.max(...lasting.filter(({ what }) => works.includes(what)).map(({ ms }) => ms));
  const limitMs = answerLimitMs + lagMs;
  expect(lasting.filter(({ what, outcome, ms }) => outcome !== expected(what) || ms > limitMs)).toEqual([]);
  expect(seen.filter(({ startedAt, outcome }) => startedAt > wellFrom && outcome !== 200)).toEqual([]);
  expect(seen.filter(({ outcome }) => outcome !== 200 && outcome !== 503)).toEqual([]);
  expect(pidsWithout(part, stack)).toEqual(pids);

  const added = seen.filter(({ what }) => what.includes('add-item'));
  // The time of a request may be over just when the database has done its work: as it goes away, and as it comes back.
  const inDoubt = added.filter(
    ({ startedAt, ms, outcome }) => outcome === 503 && (startedAt < awayFrom || startedAt + ms > awayUntil),
  );
  const counted = added.filter(({ outcome }) => outcome === 200).length;
  const bought = await buy(customer);
  expect(bought).toBeGreaterThanOrEqual(counted);
  expect(bought).toBeLessThanOrEqual(counted + inDoubt.length);
}

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

/** Reads the process ids of all parts but one. */
function pidsWithout(part: PartName, { home }: Site): Record<string, unknown> {
  const records = globSync('*.json', { cwd: join(home, 'run'), exclude: [`${part}.json`] });
  const pidOf = (record: string) => JSON.parse(readFileSync(join(home, 'run', record), 'utf8')).pid;
  return Object.fromEntries(records.map((record) => [record, pidOf(record)]));
}
