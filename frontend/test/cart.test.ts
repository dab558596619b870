import { describe, expect } from 'vitest';
import { asked, test } from './shop';
import { aCart, anItem, anOrder } from './stock';

describe('the cart', () => {
  test('When it has items, then the page shows lines and totals, and takes one call', async ({
    shop,
    alice,
  }) => {
    const page = await alice.open('/checkout');
    const lines = page.html
      .querySelectorAll('.line')
      .map((line) => [
        line.querySelector('h2')?.textContent,
        line.querySelector('input[name=quantity]')?.getAttribute('value'),
        line.querySelector('.price')?.textContent.replace(/\s/g, ' ').trim(),
      ]);
    expect(lines).toEqual([
      ['Laptop Pro', '1', 'Total 1 200 $'],
      ['Casque Sans Fil', '2', 'Total 300 $'],
    ]);
    expect(page.html.querySelector('.total')?.textContent).toMatch(/3 articles[\s\S]*1\s500\s\$/);
    expect(asked(shop)).toEqual(['GET /api/order']);
  });

  test.for([
    ['no order', { message: 'No order found' }],
    ['an empty one', aCart({ id: 1, items: [] })],
  ] as const)(
    'When there is %s, then the page says that the cart is empty, and offers no form',
    async ([, body], { shop, alice }) => {
      shop.orderService.routes['GET /api/order'] = { body };
      const page = await alice.open('/checkout');
      expect(page.text).toContain('Votre panier est vide');
      expect(page.html.querySelector('form')).toBeNull();
    },
  );

  test('When a product is no longer sold, then its line can only be removed, and nothing can be ordered', async ({
    shop,
    alice,
  }) => {
    const items = [anItem(1, 1), anItem(3, 2, { available: false })];
    shop.orderService.routes['GET /api/order'] = { body: aCart({ id: 1, items }) };
    const { html } = await alice.open('/checkout');
    expect(html.querySelectorAll('.line')[1]?.textContent).toContain('n’est plus vendu');
    expect(html.querySelectorAll('form').map((form) => form.getAttribute('action'))).toEqual([
      '/cart/update/1',
      '/cart/remove/1',
      '/cart/remove/3',
    ]);
  });

  test('When a quantity is changed, then order-service gets it and the page says so', async ({
    shop,
    alice,
  }) => {
    const reply = await alice.submit(await alice.open('/checkout'), '/cart/update/3', { quantity: '5' });
    expect([reply.status, reply.location]).toEqual([303, '/checkout']);
    expect(shop.orderService.requests.map(({ method, path, body }) => [method, path, body])).toContainEqual([
      'PUT',
      '/api/order/item/3',
      '{"qty":5}',
    ]);
    expect((await alice.follow(reply)).html.querySelector('[role=status]')?.textContent).toContain('à jour');
  });

  test.for(['abc', '0', '-1', '1.5', '100', ''])(
    'When the quantity is changed to %j, then 400 and an error beside the field',
    async (quantity, { shop, alice }) => {
      const reply = await alice.submit(await alice.open('/checkout'), '/cart/update/3', { quantity });
      expect(reply.status).toBe(400);
      const [wrong, ...others] = reply.html.querySelectorAll('[aria-invalid]');
      expect([wrong?.getAttribute('id'), wrong?.getAttribute('value'), others]).toEqual([
        'quantity-3',
        quantity,
        [],
      ]);
      expect(reply.html.querySelector('#quantity-3-error')?.textContent).toContain('de 1 à 99');
      expect(asked(shop).filter((request) => request.startsWith('PUT'))).toEqual([]);
    },
  );

  test('When an item is removed, then order-service removes it', async ({ shop, alice }) => {
    const reply = await alice.submit(await alice.open('/checkout'), '/cart/remove/3');
    expect([reply.status, reply.location]).toEqual([303, '/checkout']);
    expect(asked(shop)).toContain('DELETE /api/order/remove-item/3');
  });

  test.for(['/cart/update/3', '/cart/remove/3'])(
    'When the item is already gone at %s, then the cart says so',
    async (action, { shop, alice }) => {
      const page = await alice.open('/checkout');
      const gone = { status: 404, body: { message: 'Item not found' } };
      Object.assign(shop.orderService.routes, {
        'PUT /api/order/item/:id': gone,
        'DELETE /api/order/remove-item/:id': gone,
      });
      const reply = await alice.submit(page, action, { quantity: '2' });
      expect(reply.location).toBe('/checkout');
      expect((await alice.follow(reply)).html.querySelector('[role=alert]')?.textContent).toContain(
        'n’est plus dans votre panier',
      );
    },
  );
});

describe('past orders', () => {
  const placed = (id: number) => ({
    ...anOrder({ id, items: [anItem(5, 2, { product_name: 'Vieux clavier', price: 9 })], is_open: false }),
    date_checked_out: '2026-11-21T16:45:00.000Z',
  });

  test('When there are some, then they are shown as they were bought, without the open one', async ({
    shop,
    alice,
  }) => {
    shop.orderService.routes['GET /api/orders'] = {
      body: [anOrder({ id: 12, items: [anItem(1, 1)] }), placed(11)],
    };
    const page = await alice.open('/orders');
    expect(page.html.querySelectorAll('.order h2').map((heading) => heading.textContent)).toEqual([
      'Commande n°\u00a011',
    ]);
    expect(page.html.querySelector('.order')?.textContent).toMatch(/2 × Vieux clavier[\s\S]*18\s\$/);
    expect(page.html.querySelector('time')?.textContent).toContain('21 novembre 2026');
    expect(asked(shop)).toEqual(['GET /api/orders?limit=21']);
  });

  test('When there are more than fit on a page, then a link leads to the older ones', async ({
    shop,
    alice,
  }) => {
    shop.orderService.routes['GET /api/orders'] = {
      body: Array.from({ length: 21 }, (_, index) => placed(100 - index)),
    };
    const link = (await alice.open('/orders')).html.querySelector('a[href*=before]')?.getAttribute('href');
    expect(link).toBe('/orders?before=81');
    shop.orderService.routes['GET /api/orders'] = {
      body: Array.from({ length: 20 }, (_, index) => placed(80 - index)),
    };
    const page = await alice.open(link ?? '');
    expect(asked(shop).at(-1)).toBe('GET /api/orders?limit=21&before=81');
    expect(page.html.querySelectorAll('main a[href*=before]')).toEqual([]);
    expect(page.html.querySelector('main a[href="/orders"]')).not.toBeNull();
  });

  test.for(['abc', '0', '-1', '1.5', '99999999999', '1&before=2', '%00'])(
    'When the page is opened with before=%s, then it is the first',
    async (before, { shop, alice }) => {
      expect((await alice.open(`/orders?before=${before}`)).status).toBe(200);
      expect(asked(shop)).toEqual(['GET /api/orders?limit=21']);
    },
  );

  test('When there are none, then the page says so', async ({ shop, alice }) => {
    shop.orderService.routes['GET /api/orders'] = { body: [] };
    expect((await alice.open('/orders')).text).toContain('pas encore passé de commande');
  });
});
