import { UsageError } from '../lab-error.ts';
import { measureTrips } from './measure-trips.ts';
import { measureUrl } from './measure-url.ts';
import type { Sample } from './sample.ts';
import type { Shop } from './shops.ts';

export const CONNECTIONS = 8;

type Run = (shop: Pick<Shop, 'urls' | 'customers'>, seconds: number, signal: AbortSignal) => Promise<Sample>;
/** A kind of load on a shop. An aborted signal ends it at once. */
export type Scenario = { name: string; run: Run };

export const productList = urlScenario(
  'product list',
  ({ urls }) => `${urls['product-service']}/api/products`,
);
export const trip = tripScenario('trip', { logsInEachTime: false });

export const scenarios: readonly Scenario[] = [
  productList,
  urlScenario('home page', ({ urls }) => `${urls.frontend}/`),
  urlScenario('product page', ({ urls }) => `${urls.frontend}/product/laptop-pro`),
  trip,
  tripScenario('trip with login', { logsInEachTime: true }),
];

/** Finds the scenarios whose names contain `words`. Throws a UsageError when there is none. */
export function chooseScenarios(words: string, from: readonly Scenario[] = scenarios): readonly Scenario[] {
  const chosen = from.filter(({ name }) => name.includes(words));
  if (chosen.length > 0) return chosen;
  const names = from.map(({ name }) => `"${name}"`).join(', ');
  throw new UsageError(`No scenario has "${words}" in its name: ${names}.`);
}

function urlScenario(name: string, urlOf: (shop: Parameters<Run>[0]) => string): Scenario {
  return {
    name: `${name}, ${CONNECTIONS} connections`,
    run: (shop, seconds, signal) => measureUrl(urlOf(shop), { connections: CONNECTIONS, seconds, signal }),
  };
}

function tripScenario(name: string, how: { logsInEachTime: boolean }): Scenario {
  return {
    name: `${name}, 4 customers`,
    run: ({ urls, customers }, seconds, signal) =>
      measureTrips(urls.frontend, customers, { ...how, seconds, signal }),
  };
}
