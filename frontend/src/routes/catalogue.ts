import { HttpError } from '@vitrine/service-kit/http-error';
import { type Request, Router } from 'express';
import { onlyAllow } from '../access';
import { optionalId, quantityOf, textField } from '../input';
import { redirectWith } from '../notice';
import type { Product } from '../product-service';
import { refusalOf } from '../refusal';
import type { Shop } from '../shop';

const PAGE_SIZE = 24;

/** The slugs and ids that a product can have. The pattern also keeps `..` out of the request path. */
const SLUG_OR_ID = /^[a-z0-9-]{1,120}$/i;

/** The home page and the pages of products. */
export function catalogueRoutes({ access, show, products, orders }: Shop): Router {
  const router = Router();

  const slugOf = ({ params }: Request) => {
    const slug = String(params.slug);
    if (!SLUG_OR_ID.test(slug)) throw new HttpError(404, 'Cannot find product');
    return slug;
  };
  const productOf = (request: Request) => products.product(slugOf(request));

  const showHome = access.forEveryone(async (request, response) => {
    const after = optionalId(request.query.after);
    const before = after === undefined ? optionalId(request.query.before) : undefined;
    // One product more than the page shows tells whether there is another page.
    const [found, later] = await Promise.all([
      products.products({ limit: PAGE_SIZE + 1, after, before }),
      before === undefined ? [] : products.products({ limit: 1, after: before - 1 }),
    ]);
    // The page of an old link may be gone.
    if (found.length === 0 && (after ?? before) !== undefined) return response.redirect(303, '/');
    show(request, response, 'home', pageOf(found, { after, before, isLast: later.length === 0 }));
  });

  const showProduct = access.forEveryone(async (request, response) => {
    show(request, response, 'product', {
      product: await productOf(request),
      quantity: '1',
      isRefused: false,
    });
  });

  const addToCart = access.forVisitors(async ({ apiKey }, request, response) => {
    const quantity = quantityOf(request.body);
    const refuse = async () => {
      const product = await productOf(request);
      const content = { product, quantity: textField.parse(request.body?.quantity), isRefused: true };
      show(request, response, 'product', content, 400);
    };
    if (quantity === undefined) return refuse();
    // The page's form tells the id of its product; one that does not is asked for.
    const shownId = optionalId(request.body?.product);
    const { id, slug } = shownId ? { id: shownId, slug: slugOf(request) } : await productOf(request);
    try {
      await orders.addItem(apiKey, id, quantity);
    } catch (error) {
      refusalOf(error, 400);
      return refuse();
    }
    redirectWith(response, `/product/${slug}`, { kind: 'added', quantity });
  });

  router.route('/').get(showHome).all(onlyAllow('GET'));
  router.route('/product/:slug').get(showProduct).post(addToCart).all(onlyAllow('GET', 'POST'));
  return router;
}

interface Cursor {
  after: number | undefined;
  before: number | undefined;
  /** Whether no product has the id `before` or one above it. */
  isLast: boolean;
}

/**
 * The products of a page of the shop window, and its links by their relation. A page has two addresses, as visitors come to
 * it from the one before or from the one after; search engines are told the first.
 */
function pageOf(found: Product[], { after, before, isLast }: Cursor) {
  const isBackward = before !== undefined;
  const hasMore = found.length > PAGE_SIZE;
  const products = isBackward ? found.slice(-PAGE_SIZE) : found.slice(0, PAGE_SIZE);
  const hasPrevious = isBackward ? hasMore : after !== undefined;
  const hasNext = isBackward ? !isLast : hasMore;
  const links = {
    ...(isBackward && { canonical: hasMore ? `/?after=${found[0]?.id}` : '/' }),
    ...(hasPrevious && { prev: `/?before=${products[0]?.id}` }),
    ...(hasNext && { next: `/?after=${products.at(-1)?.id}` }),
  };
  return { products, links };
}
