import { parseInput } from '@vitrine/service-kit/input';
import { Router } from 'express';
import { z } from 'zod';
import { onlyAllow } from '../access';
import { asStored, idOf, optionalId, textField } from '../input';
import { redirectWith } from '../notice';
import type { ProductForm, ProductService } from '../product-service';
import { fieldErrors, refusalOf } from '../refusal';
import type { Shop } from '../shop';

const PRODUCTS_SHOWN = 50;
const ORDERS_SHOWN = 20;
const USERS_SHOWN = 50;

const productForm = z.object({ name: textField, slug: textField, image: textField, price: textField });

/** Pages for admins: the catalogue's forms, everybody's orders, the accounts. */
export function adminRoutes({ access, show, users, products, orders }: Shop): Router {
  const router = Router();

  const showAdmin = access.forAdmins(async ({ apiKey }, request, response) => {
    const productsAfter = optionalId(request.query.products_after);
    const ordersBefore = optionalId(request.query.orders_before);
    const usersAfter = optionalId(request.query.users_after);
    const [productList, orderList, userList] = await Promise.all([
      orUndefined(products.products({ limit: PRODUCTS_SHOWN, after: productsAfter })),
      orUndefined(orders.orders(apiKey, { limit: ORDERS_SHOWN, before: ordersBefore, all: true })),
      orUndefined(users.users(apiKey, { limit: USERS_SHOWN, after: usersAfter })),
    ]);
    const isComplete = productList && orderList && userList;
    if (!isComplete) response.set('Retry-After', '1');
    const content = {
      products: productList,
      orders: orderList,
      users: userList,
      nextProducts: productList?.length === PRODUCTS_SHOWN ? productList.at(-1)?.id : undefined,
      nextOrders: orderList?.length === ORDERS_SHOWN ? orderList.at(-1)?.id : undefined,
      nextUsers: userList?.length === USERS_SHOWN ? userList.at(-1)?.id : undefined,
      isFirst: [productsAfter, ordersBefore, usersAfter].every((cursor) => cursor === undefined),
    };
    show(request, response, 'admin', content, isComplete ? 200 : 503);
  });

  const showNewProduct = access.forAdmins(async (_visitor, request, response) => {
    show(request, response, 'admin-product', { product: undefined, form: {}, errors: {} });
  });

  const addProduct = access.forAdmins(async ({ apiKey }, request, response) => {
    const form = parseInput(productForm, request.body ?? {});
    try {
      await products.create(apiKey, form);
    } catch (error) {
      const refusal = refusalOf(error, 400, 409);
      if (refusal.status === 409 && (await isOnSale(products, form)))
        return redirectWith(response, '/admin', { kind: 'productAdded' });
      const content = { product: undefined, form, errors: fieldErrors(refusal) };
      return show(request, response, 'admin-product', content, refusal.status);
    }
    redirectWith(response, '/admin', { kind: 'productAdded' });
  });

  const showProduct = access.forAdmins(async (_visitor, request, response) => {
    const product = await products.product(idOf(request.params.id));
    show(request, response, 'admin-product', { product, form: product, errors: {} });
  });

  const changeProduct = access.forAdmins(async ({ apiKey }, request, response) => {
    const id = idOf(request.params.id);
    const form = parseInput(productForm, request.body ?? {});
    try {
      await products.update(apiKey, id, form);
    } catch (error) {
      const refusal = refusalOf(error, 400, 409);
      const content = { product: await products.product(id), form, errors: fieldErrors(refusal) };
      return show(request, response, 'admin-product', content, refusal.status);
    }
    redirectWith(response, '/admin', { kind: 'productUpdated' });
  });

  const confirmDelete = access.forAdmins(async (_visitor, request, response) => {
    const product = await products.product(idOf(request.params.id));
    show(request, response, 'admin-delete', { product });
  });

  const deleteProduct = access.forAdmins(async ({ apiKey }, request, response) => {
    const id = idOf(request.params.id);
    // The form is on a page of an existing product: if that is gone, the form was sent twice.
    await products.remove(apiKey, id).catch((error) => refusalOf(error, 404));
    redirectWith(response, '/admin', { kind: 'productDeleted' });
  });

  const both = onlyAllow('GET', 'POST');
  router.route('/admin').get(showAdmin).all(onlyAllow('GET'));
  router.route('/admin/product/new').get(showNewProduct).post(addProduct).all(both);
  router.route('/admin/product/:id').get(showProduct).post(changeProduct).all(both);
  router.route('/admin/product/:id/delete').get(confirmDelete).post(deleteProduct).all(both);
  return router;
}

/** Turns a 503 into undefined: the page is still useful without the part whose service is unavailable. */
function orUndefined<Result>(asked: Promise<Result>): Promise<Result | undefined> {
  return asked.catch((error: unknown) => {
    refusalOf(error, 503);
    return undefined;
  });
}

/** Whether the catalogue has just this product, because its form was sent twice. */
async function isOnSale(products: ProductService, form: ProductForm): Promise<boolean> {
  try {
    const { name, image, price } = await products.product(asStored(form.slug));
    return name === asStored(form.name) && image === asStored(form.image) && price === Number(form.price);
  } catch (error) {
    refusalOf(error, 404);
    return false;
  }
}
