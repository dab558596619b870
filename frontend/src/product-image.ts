import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const NEUTRAL = '/static/products/neutral.svg';

/** Returns the address of a product's drawing, or of the neutral one when the shop has no such file. */
export type ImageUrl = (image: string) => string;

/** Reads once which drawings are in `directory`, which is served as /static/products. */
export function productImages(directory: string): ImageUrl {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const urls = new Map(
    files.map(({ parentPath, name }) => {
      const segments = relative(directory, join(parentPath, name)).split(sep);
      return [segments.join('/'), `/static/products/${segments.map(encodeURIComponent).join('/')}`];
    }),
  );
  return (image) => urls.get(image) ?? NEUTRAL;
}
