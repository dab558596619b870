import type { Api } from '@vitrine/service-kit/api';
import type { Database } from '@vitrine/service-kit/database';
import { HttpError } from '@vitrine/service-kit/http-error';
import { id, ids, integer } from '@vitrine/service-kit/input';
import { z } from 'zod';
import { type Product, product } from '../product';
import { findProductById, findProductBySlug, listProducts } from '../product-repository';

const idOrSlug = z
  .string()
  .regex(/^[a-z0-9-]{1,120}$/)
  .meta({ description: 'Id or slug', example: 'laptop-pro' });

const MAX_PRODUCTS = 100;

const query = z.object({
  ids: ids(MAX_PRODUCTS)
    .optional()
    .meta({ description: 'Only the products with these ids; unknown ones are left out', example: '1,2,3' }),
  after: id.optional().describe('Only products with an id above this one'),
  before: id
    .optional()
    .describe('Only products with an id below this one; without `after`, a limit takes the last of them'),
  limit: integer(1, MAX_PRODUCTS).optional().describe('How many at most; by default all'),
});

/** Public routes of the catalogue. */
export function addReadRoutes(api: Api, database: Database): void {
  api.route({
    method: 'get',
    path: '/api/products',
    summary: 'All products, some of them, or a page of them; always by id',
    query,
    reply: z.object({ results: z.array(product) }),
    handler: async ({ query }) => ({ results: await listProducts(database, query) }),
  });

  api.route({
    method: 'get',
    path: '/api/product/:id',
    summary: 'One product, by its id or its slug',
    params: z.object({ id: idOrSlug }),
    notFound: noSuchProduct,
    reply: z.object({ result: product }),
    failures: { 404: 'No such product' },
    handler: async ({ params }) => ({ result: await findProduct(database, params.id) }),
  });
}

async function findProduct(database: Database, idOrSlug: string): Promise<Product> {
  const asId = id.safeParse(idOrSlug);
  const found = asId.success
    ? await findProductById(database, asId.data)
    : await findProductBySlug(database, idOrSlug);
  if (!found) throw noSuchProduct();
  return found;
}

export function noSuchProduct(): HttpError {
  return new HttpError(404, 'Cannot find product');
}
