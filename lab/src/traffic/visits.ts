import type { Shopper } from './shopper.ts';

/** An account of the shop, which one visit uses at a time: its cart is the customer's only one. */
export type Account = { username: string; password: string };

/** A visit of the shop, page by page: the next one opens when the visit is continued. */
export type Visit = AsyncGenerator<void, void, void>;

/** Returns numbers from 0 up to, but not including, 1. */
export type Random = () => number;

const pick = <Item>(items: readonly Item[], random: Random) => items[Math.floor(random() * items.length)];

/** The paths of the products on the page. */
function productsOn(html: string): string[] {
  return [...html.matchAll(/href="(\/product\/[a-z0-9-]+)"/g)].map(([, path = '']) => path);
}

/** Looks at the home page and some products. */
export async function* look(shopper: Shopper, random: Random): Visit {
  const products = productsOn((await shopper.open('/')).html);
  for (let count = Math.floor(random() * 4); count >= 0; count -= 1) {
    yield;
    await shopper.open(pick(products, random) ?? '/');
  }
}

/** Buys one to three products, and in one visit of three looks at the orders then. */
export async function* buy(shopper: Shopper, account: Account, random: Random): Visit {
  const products = productsOn((await shopper.open('/')).html);
  yield;
  await shopper.open('/login');
  yield;
  await shopper.submit('/login', { ...account });
  for (let count = Math.floor(random() * 3); count >= 0; count -= 1) {
    const product = pick(products, random);
    if (product === undefined) return;
    yield;
    await shopper.open(product);
    yield;
    await shopper.submit(product, { quantity: pick(['1', '1', '2'], random) ?? '1' });
  }
  yield;
  await shopper.open('/checkout');
  yield;
  await shopper.submit('/checkout/process');
  if (random() < 2 / 3) return;
  yield;
  await shopper.open('/orders');
}

/** Follows an old link. */
export async function* goAstray(shopper: Shopper): Visit {
  await shopper.open('/product/no-longer-sold', 404);
  yield;
  await shopper.open('/');
}

/** Types a username wrongly; the shop answers as to a wrong password. */
export async function* mistype(shopper: Shopper): Visit {
  await shopper.open('/login');
  yield;
  await shopper.submit('/login', { username: `mistyped-${Date.now() % 1000}`, password: 'not mine' }, 401);
}
