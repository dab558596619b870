import { logIn, register } from './lib/customers.js';
import { openPage, productsOn, requireShop, responseTimes, submitForm, systemTags } from './lib/shop.js';
import { summaryOf } from './lib/summary.js';

// One visitor sees every kind of page once, and uses every form.

export const options = {
  systemTags,
  scenarios: { smoke: { executor: 'per-vu-iterations', exec: 'visit', maxDuration: '1m' } },
  thresholds: { ...responseTimes(3000), checks: ['rate==1'], http_req_failed: ['rate==0'] },
};

export const setup = requireShop;

export function visit() {
  const [product = '/product/laptop-pro'] = productsOn(openPage('/'));
  openPage(product);
  openPage('/no-such-page', 404);
  openPage('/static/shop.css');
  openPage('/orders', 303);
  const customer = register();
  if (!customer || !logIn(customer)) return;
  openPage('/admin', 403);
  submitForm(openPage(product), product, { quantity: '2' });
  const cart = openPage('/checkout');
  const item = /\/cart\/update\/(\d+)/.exec(String(cart?.body))?.[1];
  const updated = submitForm(cart, `/cart/update/${item}`, { quantity: '1' });
  submitForm(updated, `/cart/remove/${item}`);
  const again = submitForm(openPage(product), product, { quantity: '1' });
  submitForm(again && openPage('/checkout'), '/checkout/process');
  openPage('/orders');
  openPage('/logout', 303);
}

export const handleSummary = summaryOf('smoke');
