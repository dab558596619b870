import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { LabError } from '../lab-error.ts';
import { reasonOf } from '../query/backend.ts';
import { serviceUrl } from '../service-url.ts';
import type { Settings } from '../settings.ts';
import { createShopper, type Shopper } from '../traffic/shopper.ts';

/** Customers ask for the cart with GET, so that spans and metrics of this request are of nobody else. */
export const markedRequest = { method: 'HEAD', path: '/checkout' } as const;

export type Customer = {
  /** The trace ids of the marked requests so far. */
  traceIds: ReadonlySet<string>;
  /** Whether a visit, with all that belongs to one, has succeeded. */
  isServed: () => boolean;
  /** Why the last visit failed. */
  problem: () => string | undefined;
  stop: () => Promise<void>;
};

const betweenMs = 50;
/** The span processors of the services send once a second: each batch should have some marked requests. */
const marksPerVisit = 5;

/** Lets a new customer visit the shop, order something and leave, again and again until stopped. */
export function startCustomer(settings: Settings): Customer {
  const url = serviceUrl(settings, 'frontend');
  const stopping = new AbortController();
  const traceIds = new Set<string>();
  let isServed = false;
  let problem: string | undefined;
  let leave = () => {};

  const mark = async (shopper: Shopper) => {
    const { method, path } = markedRequest;
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(10_000)]);
    const options = { headers: { cookie: shopper.cookie() }, redirect: 'manual', signal } as const;
    const { status, headers } = await fetch(url + path, { method, ...options });
    const traceId = headers.get('x-trace-id');
    if (status !== 200) throw new LabError(`${method} ${path} answered ${status}`);
    if (traceId) traceIds.add(traceId);
  };

  const visit = async (account: Account, isNew: boolean) => {
    const shopper = createShopper(url);
    leave = shopper.leave;
    try {
      for await (const _ of steps(shopper, account, isNew, mark))
        await wait(betweenMs, undefined, { signal: stopping.signal });
    } finally {
      shopper.leave();
    }
  };

  const run = async () => {
    let account = newAccount();
    while (!stopping.signal.aborted) {
      try {
        await visit(account, !isServed);
        isServed = true;
      } catch (error) {
        if (stopping.signal.aborted) return;
        problem = error instanceof LabError ? error.message : reasonOf(error);
        if (!isServed) account = newAccount();
        await wait(500);
      }
    }
  };
  const running = run();

  return {
    traceIds,
    isServed: () => isServed,
    problem: () => problem,
    stop: () => {
      stopping.abort();
      // A page that hangs is not waited for.
      leave();
      return running;
    },
  };
}

type Account = { username: string; password: string };

function newAccount(): Account {
  return { username: `verify-${randomBytes(6).toString('hex')}`, password: randomBytes(12).toString('hex') };
}

/** A visit, page by page. The first one begins with a registration, and with a wrong password. */
async function* steps(
  shopper: Shopper,
  account: Account,
  isNew: boolean,
  mark: (shopper: Shopper) => Promise<void>,
): AsyncGenerator<void, void, void> {
  if (isNew) {
    const names = { first_name: 'Camille', last_name: 'Martin', email: `${account.username}@example.com` };
    yield void (await shopper.open('/register'));
    yield void (await shopper.submit('/register', { ...account, ...names }));
    yield void (await shopper.submit('/login', { ...account, password: 'not mine' }, 401));
  }
  yield void (await shopper.open('/login'));
  yield void (await shopper.submit('/login', account));
  const { html } = await shopper.open('/?from=verify');
  yield;
  const product = firstIn(html, /href="(\/product\/[a-z0-9-]+)"/);
  yield void (await shopper.open(product));
  yield void (await shopper.submit(product, { quantity: '1' }));
  const cart = await shopper.open('/checkout');
  yield;
  yield void (await shopper.submit(firstIn(cart.html, /action="(\/cart\/update\/\d+)"/), { quantity: '2' }));
  for (let count = 0; count < marksPerVisit; count += 1) yield await mark(shopper);
  yield void (await shopper.submit('/checkout/process'));
  yield void (await shopper.open('/orders'));
  yield void (await shopper.open('/product/no-longer-sold', 404));
  yield void (await shopper.open('/logout', 303));
}

function firstIn(html: string, pattern: RegExp): string {
  const [, found] = pattern.exec(html) ?? [];
  if (found === undefined) throw new LabError('a page of the shop lacks what a customer clicks on');
  return found;
}
