import { notLoggedIn } from '@vitrine/service-kit/api-key';
import { unavailable } from '@vitrine/service-kit/http-error';
import { MAX_ID } from '@vitrine/service-kit/input';
import type { ServiceClient, ServiceResponse } from '@vitrine/service-kit/service-client';
import { z } from 'zod';

const callerAnswer = z.object({ result: z.object({ id: z.int(), is_admin: z.boolean() }) });
/** product-service takes no more ids at once. */
const IDS_A_CALL = 100;

const productsAnswer = z.object({
  results: z.array(z.object({ id: z.int(), name: z.string(), price: z.int() })),
});

export type Caller = z.output<typeof callerAnswer>['result'];
export type Product = z.output<typeof productsAnswer>['results'][number];

/** What is known of the catalogue while one request is answered: only what it has asked for. */
export interface Catalogue {
  /** Asks for all of these products that were not asked for yet. @throws HttpError 503 when product-service fails */
  ask(productIds: readonly number[]): Promise<void>;
  hasAsked(productIds: readonly number[]): boolean;
  /** Undefined for a product that is not sold. It must have been asked for. */
  get(productId: number): Product | undefined;
}

/**
 * Asks user-service for the owner of the api key.
 *
 * @throws HttpError 401 when the key is not valid, 503 when user-service fails
 */
export async function askCaller(userService: ServiceClient, apiKey: string): Promise<Caller> {
  const answer = await userService.call({ path: '/api/user', apiKey });
  if (answer.status === 401) throw notLoggedIn();
  return parseAnswer(userService, callerAnswer, answer).result;
}

/**
 * Creates a catalogue that asks product-service until `endsAt`: in one call, unless a cart holds more than a hundred
 * products.
 */
export function createCatalogue(productService: ServiceClient, endsAt: number): Catalogue {
  const asked = new Set<number>();
  const onSale = new Map<number, Product>();

  async function askFor(ids: number[]): Promise<void> {
    const answer = await productService.call({ path: `/api/products?ids=${ids}`, endsAt });
    const { results } = parseAnswer(productService, productsAnswer, answer);
    for (const product of results) onSale.set(product.id, product);
  }

  return {
    async ask(productIds) {
      const ids = [...new Set(productIds)].filter((id) => !asked.has(id) && id <= MAX_ID);
      const calls = Math.ceil(ids.length / IDS_A_CALL);
      const groups = Array.from({ length: calls }, (_, index) =>
        ids.slice(index * IDS_A_CALL, (index + 1) * IDS_A_CALL),
      );
      await Promise.all(groups.map(askFor));
      for (const id of productIds) asked.add(id);
    },
    hasAsked: (productIds) => productIds.every((id) => asked.has(id)),
    get: (productId) => onSale.get(productId),
  };
}

function parseAnswer<T>(service: ServiceClient, schema: z.ZodType<T>, { body }: ServiceResponse): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw unavailable(service.name, parsed.error);
  return parsed.data;
}
