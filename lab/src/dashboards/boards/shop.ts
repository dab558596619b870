import { board } from '../board.ts';
import { states } from '../colours.ts';
import { bars, stat, timeSeries } from '../panels.ts';
import { counted, graph, now, orZero } from '../queries.ts';

const perMinute = (counter: string) => `sum(rate(${counter}[$__rate_interval])) * 60`;
const carts = 'orders_created_total{status="success"}';
const orders = 'orders_checkout_completed_total';
const value = 'orders_checkout_value';
const logins = (result: string) => `user_logins_total{result=${result}}`;

export const shop = board({
  uid: 'shop',
  title: 'Shop',
  description:
    'What customers do: carts, orders and their value, logins. Numbers count within the time range.',
  services: 'none',
  refresh: '10s',
  panels: [
    stat({
      title: 'Carts begun',
      description: 'Orders that were opened by the first product in a cart.',
      width: 4,
      height: 4,
      queries: [now(counted(carts))],
      decimals: 0,
    }),
    stat({
      title: 'Pieces added',
      description: 'Pieces that were put into carts.',
      width: 4,
      height: 4,
      queries: [now(counted('cart_items_added_total'))],
      decimals: 0,
    }),
    stat({
      title: 'Orders completed',
      description: 'Carts that were bought.',
      width: 4,
      height: 4,
      queries: [now(counted(orders))],
      decimals: 0,
    }),
    stat({
      title: 'Conversion',
      description:
        'Orders completed for each cart begun. It is above 100 % when people buy what they put into the cart before.',
      width: 4,
      height: 4,
      queries: [now(`${counted(orders)} / (${counted(carts)} > 0)`)],
      unit: 'percentunit',
      decimals: 0,
    }).noValue('No cart'),
    stat({
      title: 'Turnover',
      description: 'Total price of the orders completed.',
      width: 4,
      height: 4,
      queries: [now(counted(`${value}_sum`))],
      unit: 'currencyUSD',
      decimals: 0,
    }),
    stat({
      title: 'Failed checkouts',
      description: 'Requests to place an order that ended with 5xx.',
      width: 4,
      height: 4,
      queries: [
        now(
          orZero(
            counted(
              'http_server_request_duration_seconds_count{http_route="/checkout/process", http_response_status_code=~"5.."}',
            ),
          ),
        ),
      ],
      decimals: 0,
      tint: [
        { value: null, color: states.good },
        { value: 1, color: states.bad },
      ],
    }),

    timeSeries({
      title: 'Carts and orders a minute',
      description: 'Carts begun and orders completed.',
      width: 12,
      height: 9,
      queries: [graph(perMinute(carts), 'carts'), graph(perMinute(orders), 'orders')],
      colours: { carts: 'blue', orders: 'green' },
    }).noValue('0'),
    timeSeries({
      title: 'Turnover a minute',
      description: 'Total price of the orders completed.',
      width: 12,
      height: 9,
      queries: [graph(perMinute(`${value}_sum`), 'turnover')],
      unit: 'currencyUSD',
      colours: { turnover: 'green' },
    }).noValue('0'),

    timeSeries({
      title: 'Value of an order',
      description:
        'Mean, and the value that one order in ten exceeds, of the orders of the last five minutes.',
      width: 8,
      height: 9,
      queries: [
        graph(`sum(rate(${value}_sum[5m])) / sum(rate(${value}_count[5m]))`, 'mean'),
        graph(`histogram_quantile(0.9, sum by (le) (rate(${value}_bucket[5m])))`, '90th percentile'),
      ],
      unit: 'currencyUSD',
      colours: { mean: 'blue', '90th percentile': 'purple' },
    }).noValue('0'),
    timeSeries({
      title: 'Logins a minute',
      description:
        'Failed: the username or password was wrong. Refused: too many had failed for the username. Many of them mean that somebody guesses passwords.',
      width: 8,
      height: 9,
      queries: [
        graph(perMinute(logins('"success"')), 'success'),
        graph(perMinute(logins('"failed"')), 'failed'),
        graph(perMinute(logins('"refused"')), 'refused'),
      ],
      colours: { success: 'green', failed: 'orange', refused: 'red' },
    }).noValue('0'),
    bars({
      title: 'Products, by pieces in carts',
      description: 'Ids of the ten products that were put into carts most often.',
      width: 8,
      height: 9,
      queries: [
        now(
          'topk(10, sum by (product_id) (max_over_time(cart_items_added_total[$__range]) - min_over_time(cart_items_added_total[$__range])))',
          'product {{product_id}}',
        ),
      ],
      decimals: 0,
    }),

    timeSeries({
      title: 'Pages a second, by route',
      description: 'What customers open and send.',
      width: 24,
      height: 9,
      queries: [
        graph(
          'sum by (http_request_method, http_route) (rate(http_server_request_duration_seconds_count{service_name="frontend"}[$__rate_interval]))',
          '{{http_request_method}} {{http_route}}',
        ),
      ],
      unit: 'reqps',
    }).noValue('0'),
  ],
});
