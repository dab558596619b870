import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { LabError } from '../lab-error.ts';
import { createShopper } from '../traffic/shopper.ts';

/** A page of the shop, and the services involved in making it. */
type Page = { path: string; services: readonly string[] };

/** One request for a page. Its trace should have spans of `services`; `problem` says how the request failed. */
export type Visit = Page & { traceId?: string; problem?: string };

const answerLimitMs = 5000;

/** Pages for a customer with a filled cart. Together they involve all four services. */
const pages: readonly Page[] = [
  { path: '/', services: ['frontend', 'product-service'] },
  { path: '/product/laptop-pro', services: ['frontend', 'product-service'] },
  { path: '/checkout', services: ['frontend', 'order-service', 'user-service', 'product-service'] },
  { path: '/orders', services: ['frontend', 'order-service', 'user-service'] },
];

/** Opens `count` pages in turn, `perSecond` each second, without waiting for the previous answer. */
export async function visitPages(
  shopUrl: string,
  { count, perSecond, signal }: { count: number; perSecond: number; signal: AbortSignal },
): Promise<readonly Visit[]> {
  const cookie = await createCustomer(shopUrl);
  const visits: Promise<Visit>[] = [];
  const startedAt = performance.now();
  for (let index = 0; index < count; index += 1) {
    const dueAt = startedAt + (index * 1000) / perSecond;
    await wait(Math.max(0, dueAt - performance.now()), undefined, { signal });
    const page = pages[index % pages.length];
    if (page) visits.push(visit(shopUrl, page, cookie));
  }
  return Promise.all(visits);
}

/** Registers a new account, logs in and puts a product into the cart; resolves to the cookies. */
async function createCustomer(shopUrl: string): Promise<string> {
  const username = `trace-test-${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const email = `${username}@example.com`;
  const shopper = createShopper(shopUrl);
  try {
    await shopper.open('/register');
    await shopper.submit('/register', { username, password, email, first_name: 'Trace', last_name: 'Test' });
    await shopper.submit('/login', { username, password });
    await shopper.open('/product/laptop-pro');
    await shopper.submit('/product/laptop-pro', { quantity: '1' });
    return shopper.cookie();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new LabError(`A customer can't fill a cart at ${shopUrl}: ${why}. See ./vitrine status`);
  } finally {
    shopper.leave();
  }
}

async function visit(shopUrl: string, page: Page, cookie: string): Promise<Visit> {
  try {
    const response = await fetch(shopUrl + page.path, {
      ...{ headers: { cookie }, redirect: 'manual' },
      signal: AbortSignal.timeout(answerLimitMs),
    });
    await response.arrayBuffer();
    const traceId = response.headers.get('x-trace-id');
    const problem = response.status !== 200 ? `answered ${response.status}` : !traceId && 'has no X-Trace-Id';
    // A failed request may not have reached the other services.
    const expected: Page = problem ? { path: page.path, services: ['frontend'] } : page;
    return { ...expected, ...(traceId && { traceId }), ...(problem && { problem }) };
  } catch (error) {
    const isTimeout = error instanceof Error && error.name === 'TimeoutError';
    return { ...page, problem: isTimeout ? `no answer within ${answerLimitMs / 1000} s` : 'no connection' };
  }
}
