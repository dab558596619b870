/**
 * One colour for each service, the same in every panel. All can be read on Grafana's dark and light backgrounds, and none
 * is red, which means failure. A schema has the colour of the service that it belongs to.
 */
const services = {
  frontend: '#3274d9',
  'order-service': '#0d9a7f',
  'product-service': '#c77700',
  'user-service': '#a352cc',
};

/** The colours of series that are named after a service or a schema. */
export const ownerColours: Readonly<Record<string, string>> = {
  ...services,
  session_dbase: services.frontend,
  order_dbase: services['order-service'],
  product_dbase: services['product-service'],
  user_dbase: services['user-service'],
};

/** Colours of states, by Grafana's names: each theme has its own shade of them. */
export const states = {
  good: 'green',
  doubtful: 'orange',
  bad: 'red',
  neutral: 'text',
  event: 'blue',
} as const;

/** The colours of statuses, by their first digit. */
export const statusColours = { '2xx': 'green', '3xx': 'blue', '4xx': 'orange', '5xx': 'red' } as const;
