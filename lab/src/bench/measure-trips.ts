import { createShopper, type Shopper } from '../traffic/shopper.ts';
import { type Sample, summarize } from './sample.ts';

const PASSWORD = 'a long password';

/** Registers the customers through the API; those who exist already stay as they are. */
export async function registerCustomers(userServiceUrl: string, names: readonly string[]): Promise<void> {
  for (const username of names) {
    const { status } = await fetch(`${userServiceUrl}/api/user/create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        username,
        email: `${username}@example.com`,
        first_name: 'Bench',
        last_name: 'Customer',
        password: PASSWORD,
      }),
    });
    if (status !== 201 && status !== 409) throw new Error(`Registering ${username} answered ${status}`);
  }
}

/**
 * Lets each customer make one trip after the other until `seconds` have passed; an aborted signal ends it at once. A
 * trip is seven requests, redirects included: home, a product, into the cart (and back on the product's page), the
 * cart, checkout (and thank-you). With `logsInEachTime` it begins with the login of a new visitor, two requests more.
 */
export async function measureTrips(
  frontendUrl: string,
  customers: readonly string[],
  { seconds, logsInEachTime, signal }: { seconds: number; logsInEachTime: boolean; signal: AbortSignal },
): Promise<Sample> {
  signal.throwIfAborted();
  const durationsMs: number[] = [];
  let failures = 0;
  const shoppers: Shopper[] = [];
  // One after the other: services that have just started would take too long over all of them at once.
  if (!logsInEachTime) for (const name of customers) shoppers.push(await logIn(frontendUrl, name));
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  await Promise.all(
    customers.map(async (name, index) => {
      while (performance.now() < endsAt && !signal.aborted) {
        const tripStartedAt = performance.now();
        try {
          const shopper = shoppers[index] ?? (await logIn(frontendUrl, name));
          await shop(shopper);
          if (logsInEachTime) shopper.leave();
          durationsMs.push(performance.now() - tripStartedAt);
        } catch {
          failures += 1;
        }
      }
      shoppers[index]?.leave();
    }),
  );
  signal.throwIfAborted();
  return summarize(durationsMs, (performance.now() - startedAt) / 1000, failures);
}

async function logIn(frontendUrl: string, username: string): Promise<Shopper> {
  const shopper = createShopper(frontendUrl);
  await shopper.open('/login');
  await shopper.submit('/login', { username, password: PASSWORD });
  return shopper;
}

async function shop(shopper: Shopper): Promise<void> {
  await shopper.open('/');
  await shopper.open('/product/laptop-pro');
  await shopper.submit('/product/laptop-pro', { quantity: '1' });
  await shopper.open('/checkout');
  await shopper.submit('/checkout/process');
}
