import { padded, type Queryable } from '@vitrine/service-kit/database';
import { z } from 'zod';
import { type Product, type ProductInput, product } from './product';

const products = z.array(product);

/** Chooses products: those with these ids, with an id above `after`, with one below `before`, and `limit` of them. */
export interface ProductChoice {
  ids?: number[] | undefined;
  after?: number | undefined;
  before?: number | undefined;
  limit?: number | undefined;
}

/** Products by id. A limit takes the first ones, or the last ones where there is a `before` and no `after`. */
export async function listProducts(
  database: Queryable,
  { ids = [], after, before, limit }: ProductChoice = {},
): Promise<Product[]> {
  const paddedIds = padded(ids);
  const isBackward = before !== undefined && after === undefined;
  const conditions = [
    ...(ids.length > 0 ? [`id IN (${paddedIds.map(() => '?').join(', ')})`] : []),
    ...(after === undefined ? [] : ['id > ?']),
    ...(before === undefined ? [] : ['id < ?']),
  ];
  const rows = await database.query(
    [
      'SELECT id, name, slug, price, image FROM products',
      ...(conditions.length > 0 ? [`WHERE ${conditions.join(' AND ')}`] : []),
      `ORDER BY id${isBackward ? ' DESC' : ''}`,
      ...(limit === undefined ? [] : ['LIMIT ?']),
    ].join(' '),
    [...paddedIds, after, before, limit].filter((value) => value !== undefined),
  );
  const found = products.parse(rows);
  return isBackward ? found.reverse() : found;
}

export async function findProductById(database: Queryable, id: number): Promise<Product | undefined> {
  const rows = await database.query('SELECT id, name, slug, price, image FROM products WHERE id = ?', [id]);
  return products.parse(rows)[0];
}

export async function findProductBySlug(database: Queryable, slug: string): Promise<Product | undefined> {
  const rows = await database.query('SELECT id, name, slug, price, image FROM products WHERE slug = ?', [
    slug,
  ]);
  return products.parse(rows)[0];
}

/** @throws the database's duplicate key error, on products_name or products_slug */
export async function insertProduct(database: Queryable, input: ProductInput): Promise<Product> {
  const { insertId } = await database.execute(
    'INSERT INTO products (name, slug, price, image) VALUES (?, ?, ?, ?)',
    [input.name, input.slug, input.price, input.image],
  );
  return { id: insertId, ...input };
}

/**
 * @returns false when there is no such product
 * @throws the database's duplicate key error, on products_name or products_slug
 */
export async function updateProduct(database: Queryable, { id, ...input }: Product): Promise<boolean> {
  // mysql2 connects with FOUND_ROWS, so this counts matched rows even when nothing changes.
  const { affectedRows } = await database.execute(
    'UPDATE products SET name = ?, slug = ?, price = ?, image = ? WHERE id = ?',
    [input.name, input.slug, input.price, input.image, id],
  );
  return affectedRows > 0;
}

/** @returns false when there was no such product */
export async function deleteProduct(database: Queryable, id: number): Promise<boolean> {
  const { affectedRows } = await database.execute('DELETE FROM products WHERE id = ?', [id]);
  return affectedRows > 0;
}
