import { type Sample, summarize } from './sample.ts';
import { createShopper, type Shopper } from './shopper.ts';

const PASSWORD = 'a long password';

/** Registers customers `bench-1` … by the API; those who exist already are left alone. */
export async function registerCustomers(userServiceUrl: string, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `bench-${index + 1}`);
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
  return names;
}

/**
 * Each customer shops over and over for `seconds`: home, a product, into the cart, the cart, checkout, thank-you (seven
 * requests, redirects included). With `logsInEachTime` a trip begins with a login as a new visitor (two more).
 */
export async function measureTrips(
  frontendUrl: string,
  customers: string[],
  { seconds, logsInEachTime }: { seconds: number; logsInEachTime: boolean },
): Promise<Sample> {
  const durationsMs: number[] = [];
  let failures = 0;
  const shoppers = logsInEachTime ? [] : await Promise.all(customers.map((name) => logIn(frontendUrl, name)));
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  await Promise.all(
    customers.map(async (name, index) => {
      while (performance.now() < endsAt) {
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
