import { describe, expect, onTestFinished } from 'vitest';
import { fr } from '../../../frontend/src/messages-fr.ts';
import { openBrowser } from '../../../frontend/test/browser.ts';
import type { PartName } from '../../src/part-names.ts';
import { newCustomer } from './customer.ts';
import { databaseOutages, outlastDatabaseOutage } from './database-outage.ts';
import { test } from './stack-test.ts';

test.for(databaseOutages)(
  'When $part has a $how under steady traffic, then 503 in 2 s while it lasts, normal after, and nothing is lost or done twice',
  async (outage, { stack }) => outlastDatabaseOutage(stack, outage, 5),
);

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
