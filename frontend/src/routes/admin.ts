import { parseInput } from '@vitrine/service-kit/input';
import { Router } from 'express';
import { z } from 'zod';
import { onlyAllow } from '../access';
import { asStored, idOf, optionalId, textField } from '../input';
import { listPage } from '../list-page';
import { redirectWith } from '../notice';
import type { Product, ProductForm, ProductService } from '../product-service';
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
    const [productsFound, ordersFound, usersFound] = await Promise.all([
      orUndefined(products.products({ limit: PRODUCTS_SHOWN + 1, after: productsAfter })),
      orUndefined(orders.orders(apiKey, { limit: ORDERS_SHOWN + 1, before: ordersBefore, all: true })),
      orUndefined(users.users(apiKey, { limit: USERS_SHOWN + 1, after: usersAfter })),
    ]);
    const isComplete = productsFound && ordersFound && usersFound;
    const productPage = productsFound && listPage(productsFound, PRODUCTS_SHOWN);
    const orderPage = ordersFound && listPage(ordersFound, ORDERS_SHOWN);
    const userPage = usersFound && listPage(usersFound, USERS_SHOWN);
    if (!isComplete) response.set('Retry-After', '1');
    const content = {
      products: productPage?.entries,
      orders: orderPage?.entries,
      users: userPage?.entries,
      nextProducts: productPage?.next,
      nextOrders: orderPage?.next,
      nextUsers: userPage?.next,
      isFirst: [productsAfter, ordersBefore, usersAfter].every((cursor) => cursor === undefined),
    };
    show(request, response, 'admin', content, isComplete ? 200 : 503);
  });

  const showNewProduct = access.forAdmins(async (_visitor, request, response) => {
    show(request, response, 'admin-product', {
      product: undefined,
      form: {},
      errors: {},
      listHref: '/admin',
    });
  });

  const addProduct = access.forAdmins(async ({ apiKey }, request, response) => {
    const form = parseInput(productForm, request.body ?? {});
    try {
      const id = await products.create(apiKey, form);
      redirectWith(response, listWith(id), { kind: 'productAdded' });
    } catch (error) {
      const refusal = refusalOf(error, 400, 409);
      const same = refusal.status === 409 ? await sameOnSale(products, form) : undefined;
      if (same) return redirectWith(response, listWith(same.id), { kind: 'productAdded' });
      const content = { product: undefined, form, errors: fieldErrors(refusal), listHref: '/admin' };
      show(request, response, 'admin-product', content, refusal.status);
    }
  });

  const showProduct = access.forAdmins(async (_visitor, request, response) => {
    const product = await products.product(idOf(request.params.id));
    const content = { product, form: product, errors: {}, listHref: listWith(product.id) };
    show(request, response, 'admin-product', content);
  });

  const changeProduct = access.forAdmins(async ({ apiKey }, request, response) => {
    const id = idOf(request.params.id);
    const form = parseInput(productForm, request.body ?? {});
    try {
      await products.update(apiKey, id, form);
    } catch (error) {
      const refusal = refusalOf(error, 400, 409);
      const product = await products.product(id);
      const content = { product, form, errors: fieldErrors(refusal), listHref: listWith(id) };
      return show(request, response, 'admin-product', content, refusal.status);
    }
    redirectWith(response, listWith(id), { kind: 'productUpdated' });
  });

  const confirmDelete = access.forAdmins(async (_visitor, request, response) => {
    const product = await products.product(idOf(request.params.id));
    show(request, response, 'admin-delete', { product, listHref: listWith(product.id) });
  });

  const deleteProduct = access.forAdmins(async ({ apiKey }, request, response) => {
    const id = idOf(request.params.id);
    // The form is on a page of an existing product: if that is gone, the form was sent twice.
    await products.remove(apiKey, id).catch((error) => refusalOf(error, 404));
    redirectWith(response, listWith(id), { kind: 'productDeleted' });
  });

  const both = onlyAllow('GET', 'POST');
  router.route('/admin').get(showAdmin).all(onlyAllow('GET'));
  router.route('/admin/product/new').get(showNewProduct).post(addProduct).all(both);
  router.route('/admin/product/:id').get(showProduct).post(changeProduct).all(both);
  router.route('/admin/product/:id/delete').get(confirmDelete).post(deleteProduct).all(both);
  return router;
}

/** The management page that lists this product. There is room for it and all that can have the ids before it. */
function listWith(productId: number): string {
  return productId > PRODUCTS_SHOWN ? `/admin?products_after=${productId - PRODUCTS_SHOWN}` : '/admin';
}

/** Turns a 503 into undefined: the page is still useful without the part whose service is unavailable. */
function orUndefined<Result>(asked: Promise<Result>): Promise<Result | undefined> {
  return asked.catch((error: unknown) => {
    refusalOf(error, 503);
    return undefined;
  });
}

/** The product of the catalogue that is just as in the form, because the form was sent twice. */
async function sameOnSale(products: ProductService, form: ProductForm): Promise<Product | undefined> {
  try {
    const found = await products.product(asStored(form.slug));
    const { name, image, price } = found;
    const isSame =
      name === asStored(form.name) && image === asStored(form.image) && price === Number(form.price);
    return isSame ? found : undefined;
  } catch (error) {
    refusalOf(error, 404);
    return undefined;
  }
}
