import { UsageError } from '../lab-error.ts';
import { measureTrips, type Steps, stepsToOrders, tripSteps } from './measure-trips.ts';
import { measureUrl } from './measure-url.ts';
import type { Sample } from './sample.ts';
import type { Shop } from './shops.ts';

export const CONNECTIONS = 8;

/** What the load is sent to. */
export type Target = Pick<Shop, 'urls' | 'customers'>;
type Run = (target: Target, seconds: number, signal: AbortSignal) => Promise<Sample>;
/** A kind of load on a shop. An aborted signal ends it at once. */
export type Scenario = { name: string; run: Run };

export const productList = urlScenario(
  'product list',
  ({ urls }) => `${urls['product-service']}/api/products`,
);
export const trip = tripScenario('trip, 4 customers', { steps: tripSteps, logsInEachTime: false });

export const scenarios: readonly Scenario[] = [
  productList,
  urlScenario('home page', ({ urls }) => `${urls.frontend}/`),
  urlScenario('product page', ({ urls }) => `${urls.frontend}/product/laptop-pro`),
  trip,
  tripScenario('trip with login, 4 customers', { steps: tripSteps, logsInEachTime: true }),
];
/** The last one is for a single customer, so that the time of each step is its own. */
export const sizeScenarios: readonly Scenario[] = [
  ...scenarios,
  tripScenario('each step, 1 customer', {
    ...{ steps: stepsToOrders, logsInEachTime: true, customersAtOnce: 1 },
  }),
];

/** Finds the scenarios whose names contain `words`. Throws a UsageError when there is none. */
export function chooseScenarios(words: string, from: readonly Scenario[] = scenarios): readonly Scenario[] {
  return choose(words, from, 'scenario', ({ name }) => name);
}

/** Finds those whose names contain `words`; `kind` is what they are. Throws a UsageError when there is none. */
export function choose<Each>(
  words: string,
  from: readonly Each[],
  kind: string,
  nameOf: (each: Each) => string,
): readonly Each[] {
  const chosen = from.filter((each) => nameOf(each).includes(words));
  if (chosen.length > 0) return chosen;
  const names = from.map((each) => `"${nameOf(each)}"`).join(', ');
  throw new UsageError(`No ${kind} has "${words}" in its name: ${names}.`);
}

function urlScenario(name: string, urlOf: (target: Target) => string): Scenario {
  return {
    name: `${name}, ${CONNECTIONS} connections`,
    run: (target, seconds, signal) =>
      measureUrl(urlOf(target), { connections: CONNECTIONS, seconds, signal }),
  };
}

function tripScenario(
  name: string,
  { customersAtOnce, ...how }: { steps: Steps; logsInEachTime: boolean; customersAtOnce?: number },
): Scenario {
  return {
    name,
    run: ({ urls, customers }, seconds, signal) =>
      measureTrips(urls.frontend, customers.slice(0, customersAtOnce), { ...how, seconds, signal }),
  };
}
