import type { Api } from '@vitrine/service-kit/api';
import { violatedUniqueKey } from '@vitrine/service-kit/database-error';
import { id, taken } from '@vitrine/service-kit/input';
import { logEvent } from '@vitrine/service-kit/logger';
import { logs } from '@vitrine/service-kit/registry/shop';
import { z } from 'zod';
import { requireAdministrator } from '../administrator';
import type { Dependencies } from '../dependencies';
import { product, productInput } from '../product';
import { deleteProduct, insertProduct, updateProduct } from '../product-repository';
import { noSuchProduct } from './read';

/** Routes that change the catalogue, for administrators. */
export function addWriteRoutes(api: Api, { database, userService, logger }: Dependencies): void {
  const administratorsOnly = {
    needsApiKey: true,
    context: requireAdministrator(userService),
  };
  const params = z.object({ id });

  api.route({
    ...administratorsOnly,
    method: 'post',
    path: '/api/product/create',
    summary: 'Add a product',
    body: productInput,
    status: 201,
    reply: z.object({ message: z.string(), product }),
    failures: { 403: 'Not an administrator', 409: 'Name or slug taken' },
    handler: async ({ body }) => {
      const added = await insertProduct(database, body).catch(explainDuplicate);
      logEvent(logger, logs.productAdded, { 'product.id': added.id });
      return { message: 'Product added', product: added };
    },
  });

  api.route({
    ...administratorsOnly,
    method: 'put',
    path: '/api/product/:id',
    summary: 'Change a product',
    params,
    notFound: noSuchProduct,
    body: productInput,
    reply: z.object({ message: z.string(), product }),
    failures: { 403: 'Not an administrator', 404: 'No such product', 409: 'Name or slug taken' },
    handler: async ({ params, body }) => {
      const changed = { id: params.id, ...body };
      if (!(await updateProduct(database, changed).catch(explainDuplicate))) throw noSuchProduct();
      logEvent(logger, logs.productUpdated, { 'product.id': changed.id });
      return { message: 'Product updated', product: changed };
    },
  });

  api.route({
    ...administratorsOnly,
    method: 'delete',
    path: '/api/product/:id',
    summary: 'Delete a product',
    params,
    notFound: noSuchProduct,
    reply: z.object({ message: z.string() }),
    failures: { 403: 'Not an administrator', 404: 'No such product' },
    handler: async ({ params }) => {
      if (!(await deleteProduct(database, params.id))) throw noSuchProduct();
      logEvent(logger, logs.productDeleted, { 'product.id': params.id });
      return { message: 'Product deleted' };
    },
  });
}

function explainDuplicate(error: unknown): never {
  const key = violatedUniqueKey(error);
  if (key === 'products_name') throw taken('name');
  if (key === 'products_slug') throw taken('slug');
  throw error;
}
