import { integer, text } from '@vitrine/service-kit/input';
import { z } from 'zod';

const MAX_PRICE = 10_000_000;

/** The product's name in the address of its page, such as `laptop-pro`. All digits would be an id. */
const slug = text(1, 120, {
  pattern: '[0-9]*[a-z-][a-z0-9-]*',
  message: 'must consist of a-z, 0-9 and -, and not be all digits',
});

/** A file in the shop's folder of drawings, or a path below it. Dots and slashes stand alone, so no segment is `..`. */
const image = text(1, 255, {
  pattern: '[A-Za-z0-9_-]+(?:[./ ][A-Za-z0-9_-]+)*',
  message: 'must be a file name or a relative path, such as laptop-pro.svg',
});

export const productInput = z.object({ name: text(1, 120), slug, image, price: integer(0, MAX_PRICE) });

export const product = z
  .object({
    id: z.int(),
    name: z.string(),
    slug: z.string(),
    price: z.int().describe('Whole dollars'),
    image: z.string(),
  })
  .meta({ id: 'Product' });

export type ProductInput = z.output<typeof productInput>;
export type Product = z.output<typeof product>;
