import { createShopper, type Shopper } from '../traffic/shopper.ts';
import { type Sample, spread, summarize } from './sample.ts';

const PASSWORD = 'a long password';
const PRODUCT = '/product/laptop-pro';

/** What a customer does; the name of each step says what it opens. */
export type Steps = Readonly<Record<string, (shopper: Shopper) => Promise<unknown>>>;

/** A trip is seven requests, redirects included. */
export const tripSteps: Steps = {
  'home page': (shopper) => shopper.open('/'),
  'product page': (shopper) => shopper.open(PRODUCT),
  // The original answers this form with the product's page instead of a redirect to it.
  'into the cart, and back': (shopper) => shopper.submit(PRODUCT, { quantity: '1' }, 200),
  cart: (shopper) => shopper.open('/checkout'),
  'checkout, and thank-you': (shopper) => shopper.submit('/checkout/process'),
};
export const stepsToOrders: Steps = { ...tripSteps, orders: (shopper) => shopper.open('/orders') };

/** Registers the customers through the API; those who exist already stay as they are. */
export async function registerCustomers(userServiceUrl: string, names: readonly string[]): Promise<void> {
  for (const username of names) {
    if ((await fetch(`${userServiceUrl}/api/user/${username}/exists`)).ok) continue;
    const { ok, status } = await fetch(`${userServiceUrl}/api/user/create`, {
      method: 'POST',
      body: new URLSearchParams({
        username,
        email: `${username}@example.com`,
        first_name: 'Bench',
        last_name: 'Customer',
        password: PASSWORD,
      }),
    });
    if (!ok) throw new Error(`Registering ${username} answered ${status}`);
  }
}

/**
 * Lets each customer make one trip after the other until `seconds` have passed; an aborted signal ends it at once. With
 * `logsInEachTime`, a trip begins with the login of a new visitor, two requests more.
 */
export async function measureTrips(
  frontendUrl: string,
  customers: readonly string[],
  {
    steps,
    logsInEachTime,
    seconds,
    signal,
  }: { steps: Steps; logsInEachTime: boolean; seconds: number; signal: AbortSignal },
): Promise<Sample> {
  signal.throwIfAborted();
  const durationsMs: number[] = [];
  const stepDurationsMs = new Map<string, number[]>();
  let failures = 0;
  const timed = async <Result>(step: string, work: () => Promise<Result>): Promise<Result> => {
    const startedAt = performance.now();
    const result = await work();
    const earlier = stepDurationsMs.get(step) ?? [];
    earlier.push(performance.now() - startedAt);
    stepDurationsMs.set(step, earlier);
    return result;
  };
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
          const shopper = shoppers[index] ?? (await timed('login', () => logIn(frontendUrl, name)));
          for (const [step, open] of Object.entries(steps)) await timed(step, () => open(shopper));
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
  const medians = Array.from(stepDurationsMs, ([step, values]) => [step, spread(values).median] as const);
  const sample = summarize(durationsMs, (performance.now() - startedAt) / 1000, failures);
  return { ...sample, stepMs: Object.fromEntries(medians) };
}

async function logIn(frontendUrl: string, username: string): Promise<Shopper> {
  const shopper = createShopper(frontendUrl);
  await shopper.open('/login');
  await shopper.submit('/login', { username, password: PASSWORD });
  return shopper;
}
