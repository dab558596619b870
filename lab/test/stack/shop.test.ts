import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, onTestFinished } from 'vitest';
import { en } from '../../../frontend/src/messages-en.ts';
import { fr, type Messages } from '../../../frontend/src/messages-fr.ts';
import { test } from './chromium.ts';

const visits: [who: string, words: Messages, options: BrowserContextOptions][] = [
  [
    'in French on a phone, without scripts',
    fr,
    { locale: 'fr-FR', viewport: phone(), javaScriptEnabled: false },
  ],
  ['in English on a phone', en, { locale: 'en-GB', viewport: phone() }],
  ['in French on a desk', fr, { locale: 'fr-FR', viewport: desk() }],
  [
    'in English on a desk, without scripts',
    en,
    { locale: 'en-GB', viewport: desk(), javaScriptEnabled: false },
  ],
];

describe.for(visits)('When someone visits %s', ([, words, options]) => {
  test('then they can register, fill a cart, change it, order, and find the order', async ({
    stack,
    browser,
  }) => {
    const page = await openShop(browser, stack.urls.frontend, options);
    await register(page, words);
    await logIn(page, words);

    await addToCart(page, words, { product: 'Laptop Pro', quantity: 2 });
    await addToCart(page, words, { product: 'Hub USB-C', quantity: 1 });
    await page.getByRole('link', { name: words.nav.cart, exact: true }).click();
    expect(digits(await page.locator('.total .price').textContent())).toBe('2445');

    await page.getByRole('spinbutton', { name: words.cart.quantityOf('Hub USB-C') }).fill('3');
    await page.getByRole('button', { name: words.cart.updateOf('Hub USB-C') }).click();
    await page.getByText(words.notices.updated).waitFor();
    expect(digits(await page.locator('.total .price').textContent())).toBe('2535');
    await page.getByRole('button', { name: words.cart.removeOf('Laptop Pro') }).click();
    await page.getByText(words.notices.removed).waitFor();
    expect(digits(await page.locator('.total .price').textContent())).toBe('135');

    await page.getByRole('button', { name: words.cart.checkout, exact: true }).click();
    await page.getByRole('heading', { name: words.thanks.heading }).waitFor();
    const receipt = (await page.locator('.receipt').textContent()) ?? '';
    const [, orderId = ''] = /(\d+)/.exec(receipt) ?? [];
    expect(digits(await page.locator('.receipt .price').textContent())).toBe('135');
    expect(receipt).toMatch(/\b[0-9a-f]{32}\b/);

    await page.getByRole('link', { name: words.thanks.orders }).click();
    const order = page.getByRole('article', { name: words.orders.order(Number(orderId)) });
    expect(await order.textContent()).toContain('3 × Hub USB-C');
    expect(digits(await order.locator('.sum .price').textContent())).toBe('135');
    await page.getByRole('link', { name: words.nav.cart, exact: true }).click();
    await page.getByText(words.cart.empty).waitFor();
  });
});

test('When the admin adds a product, then it is in the window and sells', async ({ stack, browser }) => {
  const options = { locale: 'en-GB', viewport: desk() };
  const adminPage = await openShop(browser, stack.urls.frontend, options);
  await adminPage.getByRole('link', { name: en.nav.login }).click();
  await logIn(adminPage, en, { username: 'admin', password: 'admin123' });
  await adminPage.getByRole('link', { name: en.nav.admin, exact: true }).click();
  await adminPage.getByRole('link', { name: en.admin.newProduct }).click();
  await adminPage.getByLabel(en.fields.name.label, { exact: true }).fill('Étoile de mer');
  await adminPage.getByLabel(en.fields.slug.label).fill('etoile-de-mer');
  await adminPage.getByLabel(en.fields.image.label).fill('etoile.svg');
  await adminPage.getByLabel(en.fields.price.label).fill('7');
  await adminPage.getByRole('button', { name: en.admin.add, exact: true }).click();
  await adminPage.getByText(en.notices.productAdded).waitFor();

  const page = await openShop(browser, stack.urls.frontend, options);
  await register(page, en);
  await logIn(page, en);
  await addToCart(page, en, { product: 'Étoile de mer', quantity: 2 });
  await page.getByRole('link', { name: en.nav.cart, exact: true }).click();
  await page.getByRole('button', { name: en.cart.checkout, exact: true }).click();
  expect(digits(await page.locator('.receipt .price').textContent())).toBe('14');
});

/** Opens the shop for a new visitor. The test fails when a page complains of anything, or is wider than its window. */
async function openShop(browser: Browser, url: string, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.setDefaultTimeout(30_000);
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('requestfailed', (request) => complaints.push(`no answer: ${request.url()}`));
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
    if (!response.url().startsWith(url)) complaints.push(`from elsewhere: ${response.url()}`);
  });
  const measured: Promise<string>[] = [];
  page.on('load', () => {
    measured.push(widthProblem(page).catch(() => `${page.url()} could not be measured`));
  });
  onTestFinished(async () => {
    const problems = await Promise.all(measured);
    expect(measured.length).toBeGreaterThan(5);
    expect([...complaints, ...problems.filter((problem) => problem !== '')]).toEqual([]);
    await context.close();
  });
  await page.goto(url);
  expect(await page.locator('html').getAttribute('lang')).toBe(options.locale?.slice(0, 2));
  return page;
}

/** Says how a page is too wide, if it is: nobody should have to scroll sideways. */
async function widthProblem(page: Page): Promise<string> {
  const { scrollWidth, clientWidth } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return { scrollWidth, clientWidth };
  });
  return scrollWidth > clientWidth ? `${page.url()} is ${scrollWidth} px wide, of ${clientWidth}` : '';
}

let serial = 0;

/** Registers from any page, and ends on the login page. */
async function register(page: Page, { nav, fields, register, notices }: Messages): Promise<void> {
  serial += 1;
  await page.getByRole('link', { name: nav.register }).click();
  await page.getByLabel(fields.first_name.label, { exact: true }).fill('Zoé');
  await page.getByLabel(fields.last_name.label, { exact: true }).fill('d’Arc');
  await page.getByLabel(fields.email.label).fill(`zoe${serial}@example.com`);
  await page.getByLabel(fields.username.label).fill(`zoe${serial}`);
  await page.getByLabel(fields.password.label).fill('mot de passe');
  await page.getByRole('button', { name: register.submit }).click();
  await page.getByText(notices.registered).waitFor();
}

async function logIn(
  page: Page,
  { nav, fields, login }: Messages,
  { username, password } = { username: `zoe${serial}`, password: 'mot de passe' },
): Promise<void> {
  await page.getByLabel(fields.username.label).fill(username);
  await page.getByLabel(fields.password.label).fill(password);
  await page.getByRole('button', { name: login.submit }).click();
  await page.getByRole('link', { name: nav.logout }).waitFor();
}

async function addToCart(
  page: Page,
  { nav, product: words, notices }: Messages,
  { product, quantity }: { product: string; quantity: number },
): Promise<void> {
  await page.getByRole('link', { name: nav.shop, exact: true }).click();
  await page.getByRole('link', { name: product, exact: true }).click();
  await page.getByRole('heading', { name: product, level: 1 }).waitFor();
  await page.getByLabel(words.quantity).fill(String(quantity));
  await page.getByRole('button', { name: words.add }).click();
  await page.getByText(notices.added(quantity)).waitFor();
}

/** Strips a sum of money of all that a language puts around and between the digits. */
function digits(text: string | null): string {
  return (text ?? '').replace(/\D/g, '');
}

function phone() {
  return { width: 360, height: 740 };
}

function desk() {
  return { width: 1400, height: 900 };
}
