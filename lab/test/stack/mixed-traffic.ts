import { randomBytes, randomInt } from 'node:crypto';
import type { Site } from './start-stack.ts';

const word = () => randomBytes(6).toString('hex');
const number = () => randomInt(20, 1_000_000);

/** Paths that customers, scripts and scanners ask for; each call makes new ones. */
function paths(): string[] {
  return [
    ...[
      '/',
      '/product/laptop-pro',
      `/product/${word()}`,
      `/product/${randomInt(1, 11)}`,
      `/?utm_id=${word()}`,
    ],
    ...[`/${word()}`, `/${word()}/${word()}.php`, `/.git/${word()}`, `/wp-admin/${word()}?id=${word()}`],
    ...['/login', '/register', '/checkout', '/orders', `/cart/update/${number()}`, `/static/${word()}.css`],
    ...['/api/products', `/api/product/${randomInt(1, 11)}`, `/api/product/${word()}`, '/api/product/create'],
    ...[`/api/user/${word()}/exists`, '/api/user', '/api/users', '/api/user/login', '/api/user/create'],
    ...['/api/order', `/api/order/item/${number()}`, `/api/order/remove-item/${number()}`],
    ...['/api/order/add-item', `/api/orders?before=${number()}`, `/api/${word()}/${number()}`],
  ];
}

/** Bodies, good and bad, with the content type that they claim. */
function bodies(): [contentType: string, body: string][] {
  const order = { product_id: randomInt(1, 11), qty: 1 };
  return [
    ['application/json', JSON.stringify({ username: word(), password: word(), ...order })],
    ['application/json', `{"${word()}`],
    [`text/${word()}`, word()],
  ];
}

type Ask = { url: string; method: string; headers: Record<string, string>; body: string | null };

/** Every path with every method and body, with and without an api key. */
function plan(url: string, apiKey: string): Ask[] {
  const senders = [{}, { authorization: `Bearer ${apiKey}` }, { authorization: `Bearer ${word()}` }];
  const withoutBody = ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'PROPFIND', `X${word().toUpperCase()}`];
  return paths().flatMap((path) => {
    const asks = senders.flatMap((sender) => {
      const headers = { ...sender, 'user-agent': word() };
      return withoutBody.map((method) => ({ url: url + path, method, headers, body: null }));
    });
    const posts = ['POST', 'PUT'].flatMap((method) =>
      bodies().map(([type, body]) => {
        const headers = { authorization: `Bearer ${apiKey}`, 'content-type': type, 'user-agent': word() };
        return { url: url + path, method, headers, body };
      }),
    );
    return [...asks, ...posts];
  });
}

/**
 * Asks every service for every path with every method, with ids, names and words that nobody has sent before; ten
 * requests at a time. @returns how many of them were traced
 */
export async function mixedTraffic({ urls }: Pick<Site, 'urls'>, apiKey: string): Promise<number> {
  const asks = Object.values(urls).flatMap((url) => plan(url, apiKey));
  let traced = 0;
  const visitor = async () => {
    for (let ask = asks.pop(); ask; ask = asks.pop()) {
      const { url, ...init } = ask;
      const response = await fetch(url, { ...init, redirect: 'manual' });
      await response.arrayBuffer();
      if (response.headers.has('x-trace-id')) traced += 1;
    }
  };
  await Promise.all(Array.from({ length: 10 }, visitor));
  return traced;
}
