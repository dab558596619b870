import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeEach, describe, expect } from 'vitest';
import type { Answer } from '../../test/fake-service';
import { openBrowser } from './browser';
import { asked, type StartedShop, test } from './shop';
import { aCart, anItem, anOrder } from './stock';

const exporter = new InMemorySpanExporter();
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(
  new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
);
beforeEach(() => exporter.reset());
afterAll(() => trace.disable());

const spansOf = (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name);

const refuseCheckout = ({ orderService }: StartedShop, answer: Answer) => {
  orderService.routes['POST /api/order/checkout'] = answer;
};

const hasChanged: Answer = {
  status: 409,
  body: { message: 'The order has changed', errors: [{ field: 'expected_version', message: 'must be v2' }] },
};

describe('checking out', () => {
  test('When the cart has items, then the order is placed, and the next page names it, its total and its trace', async ({
    shop,
    alice,
  }) => {
    const reply = await alice.submit(await alice.open('/checkout'), '/checkout/process');
    expect([reply.status, reply.location]).toEqual([303, '/order/thank-you']);
    expect(asked(shop)).toEqual(['GET /api/order', 'POST /api/order/checkout']);
    expect(shop.orderService.requests.at(-1)?.body).toBe(
      JSON.stringify({ expected_total: 1500, expected_version: 'v1' }),
    );
    const thanks = await alice.follow(reply);
    expect(thanks.text).toMatch(/Commande n° 12 .*1 500 \$/);
    const traceId = reply.headers.get('x-trace-id') ?? '';
    expect(thanks.html.querySelector('.receipt code')?.textContent).toBe(traceId);
    expect(thanks.html.querySelector('.receipt a')?.getAttribute('href')).toBe(
      `http://jaeger.test/trace/${traceId}`,
    );
    expect(spansOf('checkout_process')[0]?.spanContext().traceId).toBe(traceId);
  });

  test('When the thank-you page is opened again, then past orders are shown instead', async ({ alice }) => {
    const reply = await alice.submit(await alice.open('/checkout'), '/checkout/process');
    await alice.follow(reply);
    for (const page of [await alice.open('/order/thank-you'), await alice.follow(reply)])
      expect([page.status, page.location]).toEqual([303, '/orders']);
  });

  describe('a form that is sent twice', () => {
    /** order-service as it is: the first checkout closes order 12, and others find none. */
    const openOnce = ({ orderService }: StartedShop) => {
      const cart = anOrder({ id: 12, items: [anItem(1, 1), anItem(3, 2)] });
      const placed = { ...cart, is_open: false, date_checked_out: '2026-11-21T16:45:00.000Z' };
      let isOpen = true;
      Object.assign(orderService.routes, {
        'GET /api/order': () => ({
          body: isOpen ? { result: cart, version: 'v1' } : { message: 'No order found' },
        }),
        'GET /api/orders': () => ({ body: [isOpen ? cart : placed] }),
        'POST /api/order/checkout': () => {
          if (!isOpen) return { status: 404, body: { message: 'No order found' } };
          isOpen = false;
          return { body: { result: placed } };
        },
      });
    };

    test('When it comes again later, to another replica, then it leads to the same order', async ({
      shop,
      alice,
    }) => {
      openOnce(shop);
      const page = await alice.open('/checkout');
      await alice.follow(await alice.submit(page, '/checkout/process'));
      const other = await shop.openDoors();
      try {
        const browser = openBrowser(other.url);
        for (const [name, value] of alice.cookies) browser.cookies.set(name, value);
        const again = await browser.submit(page, '/checkout/process');
        expect([again.status, again.location]).toEqual([303, '/order/thank-you']);
        expect((await browser.follow(again)).text).toMatch(/Commande n° 12 .*1 500 \$/);
      } finally {
        await other.close();
      }
    });

    test('When both come at once, then both lead to the one order', async ({ shop, alice }) => {
      openOnce(shop);
      const page = await alice.open('/checkout');
      const send = () => alice.submit(page, '/checkout/process');
      const replies = await Promise.all([send(), send(), send()]);
      expect(replies.map(({ location }) => location)).toEqual(Array(3).fill('/order/thank-you'));
      for (const reply of replies)
        expect(reply.setCookies.get('notice')).toContain(encodeURIComponent('"order":12'));
    });

    test('When the next cart is begun meanwhile, then it stays as it is', async ({ shop, alice }) => {
      openOnce(shop);
      const page = await alice.open('/checkout');
      await alice.submit(page, '/checkout/process');
      refuseCheckout(shop, hasChanged);
      shop.orderService.requests.length = 0;
      expect((await alice.submit(page, '/checkout/process')).location).toBe('/order/thank-you');
      expect(asked(shop)).toEqual(['POST /api/order/checkout', 'GET /api/orders?limit=1&before=13']);
    });
  });

  test.for<[what: string, answer: Answer]>([
    ['the cart', hasChanged],
    [
      'the total',
      {
        status: 409,
        body: { message: 'It has', errors: [{ field: 'expected_total', message: 'must be 9' }] },
      },
    ],
  ])(
    'When order-service says that %s has changed since it was shown, then the cart is shown again',
    async ([, answer], { shop, alice }) => {
      const page = await alice.open('/checkout');
      const place = shop.orderService.routes['POST /api/order/checkout'] ?? {};
      refuseCheckout(shop, answer);
      const reply = await alice.submit(page, '/checkout/process');
      expect([reply.status, reply.location]).toEqual([303, '/checkout']);
      const items = [anItem(1, 1), anItem(10, 2)];
      shop.orderService.routes['GET /api/order'] = { body: aCart({ id: 13, items }, 'v2') };
      shop.orderService.routes['POST /api/order/checkout'] = place;
      const shownAgain = await alice.follow(reply);
      expect(shownAgain.html.querySelector('[role=alert]')?.textContent).toContain('prix ont changé');
      expect((await alice.submit(shownAgain, '/checkout/process')).location).toBe('/order/thank-you');
      expect(JSON.parse(shop.orderService.requests.at(-1)?.body ?? '')).toMatchObject({
        expected_version: 'v2',
      });
    },
  );

  test('When a form tells only which order it was shown, and another is open, then nothing is ordered', async ({
    shop,
    alice,
  }) => {
    const page = await alice.open('/checkout');
    const reply = await alice.submit(page, '/checkout/process', { order: '11', version: undefined });
    expect(reply.location).toBe('/checkout');
    expect(asked(shop)).not.toContain('POST /api/order/checkout');
  });

  test('When a form does not tell what was shown, then it orders the cart as it is', async ({
    shop,
    alice,
  }) => {
    const page = await alice.open('/checkout');
    const _csrf = page.html.querySelector('[name=_csrf]')?.getAttribute('value');
    const reply = await alice.send('POST', '/checkout/process', (request) =>
      request.type('form').send({ _csrf }),
    );
    expect(reply.location).toBe('/order/thank-you');
    expect(shop.orderService.requests.at(-1)?.body).toBe('{}');
  });

  test.for([{ order: 'x' }, { total: '-1' }, { total: '' }, { items: 'x' }])(
    'When a form tells %j as shown, then it is refused',
    async (fields, { shop, alice }) => {
      const reply = await alice.submit(await alice.open('/checkout'), '/checkout/process', fields);
      expect(reply.status).toBe(400);
      expect(asked(shop)).not.toContain('POST /api/order/checkout');
    },
  );

  test.for<[what: string, answer: Answer, words: string]>([
    ['is empty by now', { status: 404, body: { message: 'No order found' } }, 'rien à commander'],
    [
      'holds what is no longer sold',
      { status: 409, body: { message: 'No longer sold' } },
      'n’est plus vendu',
    ],
  ])('When the cart %s, then the cart page says so', async ([, answer, words], { shop, alice }) => {
    refuseCheckout(shop, answer);
    const reply = await alice.submit(await alice.open('/checkout'), '/checkout/process');
    expect([reply.status, reply.location]).toEqual([303, '/checkout']);
    expect((await alice.follow(reply)).html.querySelector('[role=alert]')?.textContent).toContain(words);
  });

  test.for([
    ['missing', { message: 'No order found' }],
    ['empty', aCart({ id: 12, items: [] })],
  ] as const)(
    'When the cart is %s and the form tells nothing, then nothing is ordered',
    async ([, body], { shop, alice }) => {
      const page = await alice.open('/checkout');
      shop.orderService.routes['GET /api/order'] = { body };
      const reply = await alice.submit(page, '/checkout/process', { version: undefined });
      expect(reply.location).toBe('/checkout');
      expect(asked(shop)).not.toContain('POST /api/order/checkout');
      expect(spansOf('checkout_validation')[0]?.attributes).toEqual({
        'checkout.status': 'no_order',
        'user.id': '7',
      });
      expect(spansOf('checkout_process')).toEqual([]);
    },
  );

  test('When a stranger checks out, then they are sent to the login, which leads to the cart', async ({
    shop,
    stranger,
  }) => {
    const reply = await stranger.send('POST', '/checkout/process');
    expect([reply.status, reply.location]).toEqual([303, '/login?next=%2Fcheckout']);
    expect(asked(shop)).toEqual([]);
    expect(spansOf('checkout_validation')[0]?.attributes).toEqual({ 'checkout.status': 'unauthorized' });
  });

  test('When order-service is away, then the page says so and there is no thank-you page', async ({
    shop,
    alice,
  }) => {
    refuseCheckout(shop, { status: 503, body: { message: 'order_dbase is not available' } });
    const reply = await alice.submit(await alice.open('/checkout'), '/checkout/process');
    expect([reply.status, reply.text]).toEqual([503, expect.stringContaining('La caisse est fermée')]);
    expect(spansOf('checkout_process')[0]).toMatchObject({
      status: { code: 2 },
      attributes: { 'process.status': 'failed' },
    });
    expect((await alice.open('/order/thank-you')).location).toBe('/orders');
  });
});

describe('the spans of a checkout', () => {
  test('When it succeeds, then both hold the order and the user, as numbers and ids only', async ({
    shop,
    alice,
  }) => {
    const items = [anItem(1, 1), anItem(3, 2)];
    shop.orderService.routes['GET /api/order'] = { body: aCart({ id: 12, items }) };
    await alice.submit(await alice.open('/checkout'), '/checkout/process');
    const [validation] = spansOf('checkout_validation');
    const [process] = spansOf('checkout_process');
    expect(validation?.attributes).toEqual({
      'checkout.status': 'valid',
      'order.id': 12,
      'order.items_count': 3,
      'order.total_price': 1500,
      'user.id': '7',
    });
    expect(process?.attributes).toEqual({
      'process.status': 'success',
      'process.order_id': 12,
      'process.user_id': '7',
    });
    expect([validation, process].map((span) => span?.events.map(({ name }) => name))).toEqual([
      ['checkout.validated'],
      ['checkout.completed'],
    ]);
    const said = JSON.stringify(
      exporter.getFinishedSpans().map(({ attributes, events }) => ({ attributes, events })),
    );
    expect(said).not.toMatch(/alice|key-of|@|Laptop/i);
  });

  test('When order-service refuses, then checkout_process has failed, but is no error', async ({
    shop,
    alice,
  }) => {
    refuseCheckout(shop, { status: 409, body: { message: 'No longer sold' } });
    await alice.submit(await alice.open('/checkout'), '/checkout/process');
    expect(spansOf('checkout_process')[0]).toMatchObject({
      status: { code: 0 },
      attributes: { 'process.status': 'failed', 'process.user_id': '7' },
    });
  });
});

describe('the trace of a page', () => {
  test('When a page is traced, then its last line names its trace and links to it', async ({ alice }) => {
    for (const path of ['/', '/checkout', '/login', '/nowhere']) {
      const page = await alice.open(path);
      const traceId = page.headers.get('x-trace-id');
      const line = page.html.querySelector('footer .trace-line');
      expect(line?.textContent, path).toMatch(/page préparée en \d+ ms/);
      expect(line?.querySelector('code')?.textContent).toBe(traceId);
      const [toTrace, toLogs] =
        line?.querySelectorAll('a').map((link) => link.getAttribute('href') ?? '') ?? [];
      expect(toTrace).toBe(`http://jaeger.test/trace/${traceId}`);
      const { origin, pathname, searchParams } = new URL(toLogs?.replaceAll('&amp;', '&') ?? '');
      expect([origin, pathname]).toEqual(['http://grafana.test', '/explore']);
      expect(JSON.parse(searchParams.get('panes') ?? '')).toMatchObject({
        logs: { queries: [{ expr: `{service_namespace="vitrine"} | trace_id="${traceId}"` }] },
      });
    }
  });

  test('When a request is refused before it is read, then its page still names its trace', async ({
    stranger,
  }) => {
    const page = await stranger.send('POST', '/login', (request) =>
      request.type('form').send('x'.repeat(20_000)),
    );
    expect(page.status).toBe(413);
    expect(page.html.querySelector('.trace-line code')?.textContent).toBe(page.headers.get('x-trace-id'));
  });

  test('When nothing is traced, then there is no such line', async ({ alice }) => {
    trace.disable();
    expect((await alice.open('/')).html.querySelectorAll('.trace-line')).toEqual([]);
  });
});
