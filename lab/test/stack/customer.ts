import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Browser, openBrowser } from '../../../frontend/test/browser.ts';
import { type Reply, type RequestParts, requestsTo } from '../../../test/request.ts';
import type { Site } from './start-stack.ts';

/** A customer with an account of their own, logged in at the pages and at the APIs. */
export type Customer = {
  username: string;
  password: string;
  email: string;
  apiKey: string;
  browser: Browser;
  /** Asks order-service on their behalf; `route` reads `METHOD /path`. */
  ask: (route: string, parts?: RequestParts) => Promise<Reply>;
};

const loggedIn = z.object({ api_key: z.string() });

/** Registers a customer by the form, and logs them in at the pages and at the APIs. */
export async function newCustomer({ urls }: Pick<Site, 'urls'>): Promise<Customer> {
  const username = `zoe-${randomBytes(6).toString('hex')}`;
  const account = { username, password: `secret ${username}`, email: `${username}@example.com` };
  const browser = openBrowser(urls.frontend, { 'accept-language': 'fr' });
  const names = { first_name: 'Zoé', last_name: 'd’Arc' };
  const registered = await browser.submit(await browser.open('/register'), '/register', {
    ...account,
    ...names,
  });
  if (registered.location !== '/login') throw new Error(`Not registered: ${registered.text}`);
  await logIn(browser, account);
  const login = await requestsTo(urls['user-service'])('POST /api/user/login', { json: account });
  const { api_key: apiKey } = loggedIn.parse(login.body);
  const request = requestsTo(urls['order-service']);
  return { ...account, apiKey, browser, ask: (route, parts) => request(route, { apiKey, ...parts }) };
}

/** Logs in by the form of the login page. */
export async function logIn(
  browser: Browser,
  { username, password }: { username: string; password: string },
): Promise<void> {
  const answer = await browser.submit(await browser.open('/login'), '/login', { username, password });
  if (answer.location !== '/') throw new Error(`Not logged in: ${answer.status} ${answer.text}`);
}
