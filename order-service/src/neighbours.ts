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

/** What is sold right now, by product id. */
export type Catalogue = ReadonlyMap<number, Product>;

/**
 * Asks user-service whose api key this is.
 *
 * @throws HttpError 401 when it is nobody's, 503 when user-service cannot be asked
 */
export async function askCaller(userService: ServiceClient, apiKey: string): Promise<Caller> {
  const answer = await userService.call({ path: '/api/user', apiKey });
  if (answer.status === 401) throw notLoggedIn();
  return parseAnswer(userService, callerAnswer, answer).result;
}

/**
 * Asks product-service for all products: one call, however many a cart holds.
 *
 * @throws HttpError 503 when product-service cannot be asked
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
