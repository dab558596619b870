import { sleep } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { baseUrl, refuse } from './settings.js';
import { openPage, productsOn, requireShop, submitForm } from './shop.js';

/** @typedef {{ username: string, password: string }} Customer */
/** @typedef {{ customers: Record<string, string[]>[], products: string[] }} Visitors */

const customerCount = 5;

/**
 * The customer that this virtual user is, once there is one.
 * @type {Customer | undefined}
 */
let customer;

/** Registers a new customer by the form; returns undefined when that fails. */
export function register() {
  const username = `k6-${crypto.randomUUID().slice(0, 23)}`;
  const password = crypto.randomUUID();
  const names = { first_name: 'Zoé', last_name: 'd’Arc', email: `${username}@example.com` };
  const isDone = submitForm(openPage('/register'), '/register', { username, password, ...names });
  return isDone && { username, password };
}

/**
 * Logs a customer in by the form.
 * @param {Customer} account
 */
export function logIn({ username, password }) {
  return submitForm(openPage('/login'), '/login', { username, password });
}

/** A purchase as a person makes one: a new customer registers, a known one logs in. */
export function purchase() {
  customer ??= register();
  const home = customer && logIn(customer);
  think();
  const products = productsOn(home);
  const product = products[Math.floor(Math.random() * products.length)];
  if (product === undefined) return;
  const page = openPage(product);
  think();
  if (!submitForm(page, product, { quantity: String(1 + Math.floor(Math.random() * 3)) })) return;
  think();
  const cart = openPage('/checkout');
  think();
  submitForm(cart, '/checkout/process');
}

/**
 * Makes customers who are logged in and have something in the cart, by their cookies, for `browse`.
 * @returns {Visitors}
 */
export function setUpVisitors() {
  requireShop();
  const products = productsOn(openPage('/'));
  const customers = Array.from({ length: customerCount }, () => {
    const jar = http.cookieJar();
    jar.clear(baseUrl);
    const [product = ''] = products;
    const account = register();
    const isReady = account && logIn(account) && submitForm(openPage(product), product, { quantity: '1' });
    if (!isReady) refuse(`A customer cannot fill a cart at ${baseUrl}; ./vitrine status says what is wrong.`);
    return jar.cookiesForURL(baseUrl);
  });
  return { customers, products };
}

/**
 * Opens one page, each in its turn: the home page, a product, the cart, the orders.
 * @param {Visitors} visitors
 */
export function browse({ customers, products }) {
  const turn = exec.scenario.iterationInTest;
  const jar = http.cookieJar();
  for (const [name, [value = '']] of Object.entries(customers[exec.vu.idInTest % customers.length] ?? {})) {
    jar.set(baseUrl, name, value);
  }
  const product = products[Math.floor(turn / 4) % products.length];
  openPage(['/', product, '/checkout', '/orders'][turn % 4] ?? '/');
}

function think() {
  sleep(1 + Math.random() * 2);
}
