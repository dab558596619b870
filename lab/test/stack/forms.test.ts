import { expect } from 'vitest';
import { z } from 'zod';
import { openBrowser } from '../../../frontend/test/browser.ts';
import { logIn, newCustomer } from './customer.ts';
import { test } from './stack-test.ts';

const french = { 'accept-language': 'fr' };
const webcam = { name: 'Webcam HD', slug: 'webcam-hd', image: 'webcam-hd.svg' };
const orders = z.array(z.object({ is_open: z.boolean(), total: z.number() }));

/** Sends a form several times at once, and then once more. @returns where each answer leads */
async function sendRepeatedly(send: () => Promise<{ location: string | null }>): Promise<(string | null)[]> {
  const replies = [...(await Promise.all([send(), send(), send()])), await send()];
  return replies.map(({ location }) => location);
}

test('When forms are sent again and again, then each is done once, and every answer is the success', async ({
  stack,
}) => {
  const browser = openBrowser(stack.urls.frontend, french);
  const names = { first_name: ' Zoe\u0301', last_name: 'd’Arc' };
  const account = { username: 'twice', password: 'secret of twice', email: 'a&b@example.com' };
  const registration = await browser.open('/register');
  const register = () => browser.submit(registration, '/register', { ...names, ...account });
  expect(await sendRepeatedly(register)).toEqual(Array(4).fill('/login'));
  await logIn(browser, account);

  const hub = await browser.open('/product/usb-c-hub');
  await browser.submit(hub, '/product/usb-c-hub', { quantity: '2' });
  const cart = await browser.open('/checkout');
  const order = () => browser.submit(cart, '/checkout/process');
  expect(await sendRepeatedly(order)).toEqual(Array(4).fill('/order/thank-you'));
  const history = await browser.open('/orders');
  expect(history.html.querySelectorAll('article.order')).toHaveLength(1);

  const admin = openBrowser(stack.urls.frontend, french);
  await logIn(admin, { username: 'admin', password: 'admin123' });
  const lamp = { name: 'Lampe à pied', slug: 'lampe-a-pied', image: 'lampe.svg', price: '20' };
  const newProduct = await admin.open('/admin/product/new');
  const add = () => admin.submit(newProduct, '/admin/product/new', lamp);
  expect(await sendRepeatedly(add)).toEqual(Array(4).fill('/admin'));
  const list = await admin.open('/admin');
  const rows = list.html.querySelectorAll('tr').filter((row) => row.textContent.includes(lamp.name));
  expect(rows).toHaveLength(1);
  const [change = '', remove = ''] =
    rows[0]?.querySelectorAll('.actions a').map((link) => link.getAttribute('href') ?? '') ?? [];
  const editing = await admin.open(change);
  const update = () => admin.submit(editing, change, { ...lamp, price: '21' });
  expect(await sendRepeatedly(update)).toEqual(Array(4).fill('/admin'));
  const confirmation = await admin.open(remove);
  expect(await sendRepeatedly(() => admin.submit(confirmation, remove))).toEqual(Array(4).fill('/admin'));
  expect((await admin.open('/product/lampe-a-pied')).status).toBe(404);
});

test('When a price changes while a buyer looks at the cart, then it is shown again before anything is ordered', async ({
  stack,
}) => {
  const { browser, ask } = await newCustomer(stack);
  const admin = openBrowser(stack.urls.frontend, french);
  await logIn(admin, { username: 'admin', password: 'admin123' });
  const setPrice = async (price: string) => {
    const reply = await admin.submit(await admin.open('/admin/product/7'), '/admin/product/7', {
      ...webcam,
      price,
    });
    expect(reply.location).toBe('/admin');
  };

  await browser.submit(await browser.open('/product/webcam-hd'), '/product/webcam-hd');
  const cart = await browser.open('/checkout');
  await setPrice('9000');
  const refused = await browser.submit(cart, '/checkout/process');
  await setPrice('90');
  expect(refused.location).toBe('/checkout');
  const shownAgain = await browser.follow(refused);
  expect(shownAgain.html.querySelector('[role=alert]')?.textContent).toContain('prix ont changé');
  expect((await browser.submit(shownAgain, '/checkout/process')).location).toBe('/order/thank-you');
  const { body } = await ask('GET /api/orders');
  expect(orders.parse(body)).toEqual([{ is_open: false, total: 90 }]);
});

test('When a stranger puts something into the cart, then it is there after the login', async ({ stack }) => {
  const { username, password, ask } = await newCustomer(stack);
  const browser = openBrowser(stack.urls.frontend, french);
  const path = '/product/webcam-hd';
  const login = await browser.follow(await browser.submit(await browser.open(path), path, { quantity: '3' }));
  const added = await browser.submit(login, '/login', { username, password });
  expect(added.location).toBe(path);
  expect((await browser.follow(added)).text).toContain('3 articles ajoutés');
  expect((await ask('GET /api/order')).body).toMatchObject({ result: { items: [{ quantity: 3 }] } });
});
