import { UsageError } from '../lab-error.ts';
import { reasonOf } from '../query/backend.ts';
import { registerCustomers } from './measure-trips.ts';
import type { Target } from './scenarios.ts';
import { CUSTOMERS } from './shops.ts';

/**
 * Registers customers in a running copy of the Flask shop that this one comes from; user-service and product-service
 * listen on the two ports after `frontend`, the address of its frontend. Throws a UsageError when nothing answers there.
 */
export async function openOriginal(frontend: string): Promise<Target> {
  const urls = {
    frontend: urlAt(frontend, 0),
    'user-service': urlAt(frontend, 1),
    'product-service': urlAt(frontend, 2),
  };
  for (const url of Object.values(urls)) {
    await fetch(url).catch((error) => {
      throw new UsageError(`--original: ${url} cannot be asked: ${reasonOf(error)}.`);
    });
  }
  await registerCustomers(urls['user-service'], CUSTOMERS);
  return { urls, customers: CUSTOMERS };
}

function urlAt(frontend: string, portsLater: number): string {
  const url = new URL(frontend);
  url.port = String(Number(url.port || 80) + portsLater);
  return url.origin;
}
