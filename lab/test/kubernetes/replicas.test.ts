import { randomBytes } from 'node:crypto';
import pLimit from 'p-limit';
import { expect } from 'vitest';
import { type Browser, hiddenFields } from '../../../frontend/test/browser.ts';
import { type ServiceName, serviceNames } from '../../src/part-names.ts';
import { type Arrival, isLate } from '../stack/arrivals.ts';
import { backendsOf } from '../stack/backends.ts';
import { newCustomer } from '../stack/customer.ts';
import { type Answer, keepSending, send } from './request.ts';
import { allReady, test as base, type ClusterShop, openShop, scaleServices } from './shop.ts';

/** The shortest time limit of a service, that for its database; the request that runs into it is answered with 503. */
const shortestLimitMs = 1000;
/** So many requests miss none of three pods, except once in millions of times. */
const enough = 40;

/** Does something so often, five at a time. */
function times<Value>(count: number, act: () => Promise<Value>): Promise<Value[]> {
  const limit = pLimit(5);
  return Promise.all(Array.from({ length: count }, () => limit(act)));
}

const cookieOf = ({ cookies }: Browser) => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');

const statusesOf = (answers: readonly Answer[]) => answers.map(({ status }) => status);

/** Runs statements as the database's administrator. @returns the rows, tab-separated */
function query({ kubectl }: ClusterShop, database: string, statements: string): Promise<string> {
  const client = 'MYSQL_PWD=$MYSQL_ROOT_PASSWORD exec mysql --user=root --skip-column-names --execute="$0"';
  return kubectl('exec', `${database}-0`, '--', 'bash', '-c', client, statements);
}

/** A test with a shop whose services start with three pods each, all at once, on empty schemas. */
const test = base.extend('three', { scope: 'file' }, async ({ clusterOfAll }) => {
  const namespaces = await clusterOfAll.cluster.kube('kubectl', 'get', 'namespaces', '--output=name');
  if (namespaces.includes('/vitrine')) throw new Error('These tests must come first, on an empty cluster.');
  const shop = await openShop(clusterOfAll, 0);
  await scaleServices(shop, 3);
  await allReady(shop);
  await query(
    shop,
    'user-dbase',
    `INSERT INTO session_dbase.session (id, data, expires_at) ${expiredSessions}`,
  );
  return shop;
});

/** More than a sweep deletes at a time. */
const expiredSessions = `
  WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)
  SELECT CONCAT('old', i), '{}', '2020-01-01' FROM n`;

/** What the pods of a service have written since then, each line with the name of its pod before it. */
function logOf({ kubectl }: ClusterShop, service: string, sinceMs = 0): Promise<string> {
  const since = `--since-time=${new Date(sinceMs).toISOString()}`;
  const all = ['--prefix', '--tail=-1', '--max-log-requests=9', since];
  return kubectl('logs', ...all, '--selector', `app.kubernetes.io/name=${service}`);
}

/** How many pods of a service have given these answers. */
async function countPods(shop: ClusterShop, service: string, answers: readonly Answer[]): Promise<number> {
  const lines = (await logOf(shop, service)).split('\n');
  const ours = lines.filter((line) => answers.some(({ traceId }) => line.includes(traceId)));
  return new Set(ours.map((line) => line.split(' ', 1)[0])).size;
}

test('When three pods of each service start at once on empty schemas, then the data is there once', async ({
  three: shop,
}) => {
  expect(await query(shop, 'user-dbase', 'SELECT username, is_admin FROM user_dbase.users')).toBe('admin\t1');
  const products = 'SELECT COUNT(*), MAX(id) FROM product_dbase.products';
  expect(await query(shop, 'product-dbase', products)).toBe('10\t10');
  expect(await query(shop, 'order-dbase', 'SELECT COUNT(*) FROM order_dbase.orders')).toBe('0');
});

test('When a customer has logged in at one pod, then all pods know the session', async ({ three: shop }) => {
  const { browser } = await newCustomer(shop);
  const headers = { cookie: cookieOf(browser) };
  const pages = await times(enough, () => send(`${shop.urls.frontend}/orders`, { headers }));
  expect(statusesOf(pages)).toEqual(Array(enough).fill(200));
  expect(await countPods(shop, 'frontend', pages)).toBe(3);
});

test('When ten logins have failed at three pods, then each of them refuses the next', async ({
  three: shop,
}) => {
  const json = { username: `zoe-${randomBytes(6).toString('hex')}`, password: 'a wrong guess' };
  const logIn = () => send(`${shop.urls['user-service']}/api/user/login`, { json });
  const failed = await times(10, logIn);
  expect(statusesOf(failed)).toEqual(Array(10).fill(401));
  expect(await countPods(shop, 'user-service', failed)).toBeGreaterThan(1);
  const refused = await times(enough, logIn);
  expect(statusesOf(refused)).toEqual(Array(enough).fill(429));
  expect(await countPods(shop, 'user-service', refused)).toBe(3);
});

test('When a cart is filled and bought at three pods at once, then every piece counts, and it is bought once', async ({
  three: shop,
}) => {
  const { apiKey, ask } = await newCustomer(shop);
  const headers = { authorization: `Bearer ${apiKey}` };
  const post = (path: string, json: object) =>
    send(`${shop.urls['order-service']}/api/order/${path}`, { headers, json });
  const added = await times(enough, () => post('add-item', { product_id: 1, qty: 1 }));
  expect(statusesOf(added)).toEqual(Array(enough).fill(200));
  expect(await countPods(shop, 'order-service', added)).toBe(3);
  const bought = await times(enough, () => post('checkout', {}));
  expect(statusesOf(bought).sort()).toEqual([200, ...Array(enough - 1).fill(404)]);
  expect(await countPods(shop, 'order-service', bought)).toBe(3);
  expect((await ask('GET /api/orders')).body).toEqual([
    expect.objectContaining({
      is_open: false,
      items: [expect.objectContaining({ product_id: 1, quantity: enough })],
    }),
  ]);
});

/**
 * Updates the pods of a service while a customer reads pages and fills the cart, 20 requests a second. No request fails, and
 * no piece is lost or added twice. @returns the requests that were answered too late
 */
async function updateUnderLoad(shop: ClusterShop, service: ServiceName): Promise<readonly Arrival[]> {
  const { browser, ask } = await newCustomer(shop);
  const path = '/product/laptop-pro';
  const form = { ...hiddenFields(await browser.open(path), path), quantity: '1' };
  const headers = { cookie: cookieOf(browser) };
  const pages = ['/', path, '/orders', '/checkout'].map((path) => ({ path, wanted: 200 }));
  const asks = [{ path, form, wanted: 303 }, ...pages];
  const traffic = keepSending(
    asks.map(({ path, ...rest }) => ({ url: shop.urls.frontend + path, headers, ...rest })),
    { perSecond: 20 },
  );
  await shop.kubectl('rollout', 'restart', `deployment/${service}`);
  await allReady(shop);
  const seen = await traffic.stop();
  const wanted = (index: number) => asks[index % asks.length]?.wanted;
  const failed = seen.filter(({ outcome }, index) => outcome !== wanted(index));
  expect(failed.filter((one) => !isLate(one, shortestLimitMs))).toEqual([]);
  expect(seen.length).toBeGreaterThan(100);
  if (failed.length > 0) return failed;
  const quantity = seen.filter((_, index) => wanted(index) === 303).length;
  expect((await ask('GET /api/order')).body).toMatchObject({ result: { items: [{ quantity }] } });
  return [];
}

test.for(serviceNames)(
  'When three pods of %s are updated under 20 requests a second, then all are answered, and every piece is in the cart',
  async (service, { three: shop }) => {
    let late = await updateUnderLoad(shop, service);
    // The machine was busy with something else.
    for (let again = 0; late.length > 0 && again < 2; again += 1) late = await updateUnderLoad(shop, service);
    expect(late).toEqual([]);
  },
);

test('When all three pods of a service die at once, then its pages say so, and three others come', async ({
  three: shop,
}) => {
  const open = () => send(`${shop.urls.frontend}/product/laptop-pro`);
  const pods = ['--selector', 'app.kubernetes.io/name=product-service'];
  await shop.kubectl('delete', 'pod', ...pods, '--force', '--grace-period=0');
  await expect.poll(async () => (await open()).status, { timeout: 10_000, interval: 100 }).toBe(503);
  await allReady(shop);
  expect(statusesOf(await times(enough, open))).toEqual(Array(enough).fill(200));
  // The frontend keeps its connections, so it does not come to all of them.
  const statuses: number[] = [];
  const answering = async () => {
    const answers = await times(enough, () => send(`${shop.urls['product-service']}/api/products`));
    statuses.push(...statusesOf(answers));
    return countPods(shop, 'product-service', answers);
  };
  // The node hears a moment later than the cluster that a pod is ready.
  await expect.poll(answering, { timeout: 30_000, interval: 500 }).toBe(3);
  expect(new Set(statuses)).toEqual(new Set([200]));
});

test('When sessions have expired, then the pods have swept them away, and none has failed', async ({
  three: shop,
}) => {
  const left = () =>
    query(shop, 'user-dbase', "SELECT COUNT(*) FROM session_dbase.session WHERE id LIKE 'old%'");
  await expect.poll(left, { timeout: 90_000, interval: 1000 }).toBe('0');
  const range = {
    startMs: Date.now() - 1_800_000,
    endMs: Date.now(),
    limit: 10,
    direction: 'forward',
  } as const;
  // A database of a busy machine may have no time for it; the next sweep does it then.
  const failures =
    '{service_name="frontend"} |= `could not delete` | exception_stacktrace !~ `(?s).*DeadlinePassed.*`';
  expect(await backendsOf(shop).loki.queryRange(failures, range)).toEqual([]);
});
