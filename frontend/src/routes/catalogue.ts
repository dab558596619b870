import { HttpError } from '@vitrine/service-kit/http-error';
import { type Request, Router } from 'express';
import { onlyAllow } from '../access';
import { quantityOf, textField } from '../input';
import { redirectWith } from '../notice';
import { refusalOf } from '../refusal';
import type { Shop } from '../shop';

/** The slugs and ids that a product can have. The pattern also keeps `..` out of the request path. */
const SLUG_OR_ID = /^[a-z0-9-]{1,120}$/i;

/** The home page and the pages of products. */
export function catalogueRoutes({ access, show, products, orders }: Shop): Router {
  const router = Router();

  const productOf = ({ params }: Request) => {
    const slug = String(params.slug);
    if (!SLUG_OR_ID.test(slug)) throw new HttpError(404, 'Cannot find product');
    return products.product(slug);
  };

  const showHome = access.forEveryone(async (request, response) => {
    show(request, response, 'home', { products: await products.products() });
  });

  const showProduct = access.forEveryone(async (request, response) => {
    show(request, response, 'product', {
      product: await productOf(request),
      quantity: '1',
      isRefused: false,
    });
  });

  const addToCart = access.forVisitors(async ({ apiKey }, request, response) => {
    const product = await productOf(request);
    const quantity = quantityOf(request.body);
    const refuse = () => {
      const content = { product, quantity: textField.parse(request.body?.quantity), isRefused: true };
      show(request, response, 'product', content, 400);
    };
    if (quantity === undefined) return refuse();
    try {
      await orders.addItem(apiKey, product.id, quantity);
    } catch (error) {
      refusalOf(error, 400);
      return refuse();
    }
    redirectWith(response, `/product/${product.slug}`, { kind: 'added', quantity });
  });

  router.route('/').get(showHome).all(onlyAllow('GET'));
  router.route('/product/:slug').get(showProduct).post(addToCart).all(onlyAllow('GET', 'POST'));
  return router;
}
