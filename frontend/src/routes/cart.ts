import { Router } from 'express';
import { onlyAllow } from '../access';
import { idOf, quantityOf, textField } from '../input';
import { redirectWith } from '../notice';
import { refusalOf } from '../refusal';
import type { Shop } from '../shop';

/** The cart's page and its forms. */
export function cartRoutes({ access, show, orders }: Shop): Router {
  const router = Router();

  const showCart = access.forVisitors(async ({ apiKey }, request, response) => {
    show(request, response, 'cart', { cart: await orders.cart(apiKey) });
  });

  const updateItem = access.forVisitors(async (visitor, request, response) => {
    const productId = idOf(request.params.product_id);
    const quantity = quantityOf(request.body);
    const refuse = async () => {
      const refused = { productId, quantity: textField.parse(request.body?.quantity) };
      show(request, response, 'cart', { cart: await orders.cart(visitor.apiKey), refused }, 400);
    };
    if (quantity === undefined) return refuse();
    try {
      await orders.setQuantity(visitor.apiKey, productId, quantity);
    } catch (error) {
      if (refusalOf(error, 400, 404).status === 400) return refuse();
      return redirectWith(response, '/checkout', { kind: 'gone' });
    }
    redirectWith(response, '/checkout', { kind: 'updated' });
  });

  const removeItem = access.forVisitors(async ({ apiKey }, request, response) => {
    const productId = idOf(request.params.product_id);
    let kind: 'removed' | 'gone' = 'removed';
    try {
      await orders.removeItem(apiKey, productId);
    } catch (error) {
      refusalOf(error, 404);
      kind = 'gone';
    }
    redirectWith(response, '/checkout', { kind });
  });

  router.route('/checkout').get(showCart).all(onlyAllow('GET'));
  router.route('/cart/update/:product_id').post(updateItem).all(onlyAllow('POST'));
  router.route('/cart/remove/:product_id').post(removeItem).all(onlyAllow('POST'));
  return router;
}
