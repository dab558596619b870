import { notLoggedIn } from '@vitrine/service-kit/api-key';
import { unavailable } from '@vitrine/service-kit/http-error';
import type { ServiceClient, ServiceResponse } from '@vitrine/service-kit/service-client';
import { z } from 'zod';

const callerAnswer = z.object({ result: z.object({ id: z.int(), is_admin: z.boolean() }) });
const catalogueAnswer = z.object({
  results: z.array(z.object({ id: z.int(), name: z.string(), price: z.int() })),
});

export type Caller = z.output<typeof callerAnswer>['result'];
export type Product = z.output<typeof catalogueAnswer>['results'][number];

/** The products on sale now, by id. */
export type Catalogue = ReadonlyMap<number, Product>;

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
 * Asks product-service for all products: one call, however many products a cart holds.
 *
 * @throws HttpError 503 when product-service fails
 */
export async function askCatalogue(productService: ServiceClient): Promise<Catalogue> {
  const answer = await productService.call({ path: '/api/products' });
  const { results } = parseAnswer(productService, catalogueAnswer, answer);
  return new Map(results.map((product) => [product.id, product]));
}

function parseAnswer<T>(service: ServiceClient, schema: z.ZodType<T>, { body }: ServiceResponse): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw unavailable(service.name, parsed.error);
  return parsed.data;
}
