import type { ServiceClient } from '@vitrine/service-kit/service-client';
import { z } from 'zod';
import { ask } from './service-answer';

const product = z.object({
  id: z.int(),
  name: z.string(),
  slug: z.string(),
  price: z.number(),
  image: z.string(),
});

export type Product = z.output<typeof product>;

/** The form as it was typed; product-service checks it. */
export type ProductForm = Record<'name' | 'slug' | 'image' | 'price', string>;

const oneProduct = z.object({ result: product });
const manyProducts = z.object({ results: z.array(product) });
const created = z.object({ product: z.object({ id: z.int() }) });
const anything = z.unknown();

/** A page of the catalogue: the first `limit` products after an id, the last ones before an id, or the first of all. */
interface ProductPage {
  limit: number;
  after?: number | undefined;
  before?: number | undefined;
}

/** The catalogue of product-service. Refusals are thrown as HttpError. */
export interface ProductService {
  products(page: ProductPage): Promise<Product[]>;
  product(slugOrId: string | number): Promise<Product>;
  /** @returns the id of the new product */
  create(apiKey: string, form: ProductForm): Promise<number>;
  update(apiKey: string, id: number, form: ProductForm): Promise<void>;
  remove(apiKey: string, id: number): Promise<void>;
}

export function createProductService(service: ServiceClient): ProductService {
  const pathOf = (slugOrId: string | number) => `/api/product/${encodeURIComponent(slugOrId)}`;
  return {
    async products({ limit, after, before }) {
      const query = `limit=${limit}${after ? `&after=${after}` : ''}${before ? `&before=${before}` : ''}`;
      return (await ask(service, { path: `/api/products?${query}` }, manyProducts)).results;
    },
    async product(slugOrId) {
      return (await ask(service, { path: pathOf(slugOrId) }, oneProduct)).result;
    },
    async create(apiKey, form) {
      const request = { method: 'POST', path: '/api/product/create', apiKey, body: form } as const;
      return (await ask(service, request, created)).product.id;
    },
    async update(apiKey, id, form) {
      await ask(service, { method: 'PUT', path: pathOf(id), apiKey, body: form }, anything);
    },
    async remove(apiKey, id) {
      await ask(service, { method: 'DELETE', path: pathOf(id), apiKey }, anything);
    },
  };
}
