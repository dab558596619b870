import type { Attributes, LogDeclaration, MetricDeclaration, SpanDeclaration } from './declaration';

/** Telemetry of single services. Their code takes every name from here. */

const checkoutStatus = {
  type: 'string',
  values: ['valid', 'unauthorized', 'no_order'],
  meaning: 'Result: there is something to buy, the visitor is not logged in, or the cart is empty',
} as const;

export const spans = {
  checkoutValidation: {
    name: 'checkout_validation',
    owner: 'frontend',
    meaning:
      'Checks that the visitor is logged in and that the cart holds something, as the form tells of it or else order-service',
    attributes: {
      'checkout.status': { ...checkoutStatus, optional: true },
      'user.id': { type: 'string', meaning: 'Id of the visitor', optional: true },
      'order.id': { type: 'int', meaning: 'Id of the order', optional: true },
      'order.items_count': {
        type: 'int',
        unit: '{item}',
        meaning: 'Number of pieces in the cart',
        optional: true,
      },
      'order.total_price': {
        type: 'int',
        unit: '{dollar}',
        meaning: 'Total price of the cart',
        optional: true,
      },
    },
    events: {
      'checkout.validated': {
        meaning: 'The validation ended',
        attributes: { 'checkout.status': checkoutStatus },
      },
    },
  },
  checkoutProcess: {
    name: 'checkout_process',
    owner: 'frontend',
    meaning: 'Places the open order',
    attributes: {
      'process.status': { type: 'string', values: ['success', 'failed'], meaning: 'Result' },
      'process.order_id': { type: 'int', meaning: 'Id of the placed order', optional: true },
      'process.user_id': { type: 'string', meaning: 'Id of the visitor' },
    },
    events: { 'checkout.completed': { meaning: 'order-service closed the order', attributes: {} } },
  },
} as const satisfies Record<string, SpanDeclaration>;

export const metrics = {
  ordersCreated: {
    name: 'orders.created',
    owner: 'order-service',
    instrument: 'counter',
    unit: '{order}',
    meaning: 'Number of orders opened, by the first product in a cart',
    attributes: {
      status: {
        type: 'string',
        values: ['success', 'failed'],
        meaning: '`failed` means that the order could not be stored and was rolled back',
      },
    },
  },
  cartItemsAdded: {
    name: 'cart.items.added',
    owner: 'order-service',
    instrument: 'counter',
    unit: '{item}',
    meaning: 'Number of pieces put into carts',
    attributes: {
      product_id: { type: 'string', maxValues: 200, meaning: 'Id of an existing product' },
    },
  },
  checkoutsCompleted: {
    name: 'orders.checkout.completed',
    owner: 'order-service',
    instrument: 'counter',
    unit: '{order}',
    meaning: 'Number of orders placed',
    attributes: {},
  },
  checkoutValue: {
    name: 'orders.checkout.value',
    owner: 'order-service',
    instrument: 'histogram',
    unit: '{dollar}',
    meaning: 'Total price of placed orders',
    boundaries: [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000],
    attributes: {},
  },
  logins: {
    name: 'user.logins',
    owner: 'user-service',
    instrument: 'counter',
    unit: '{login}',
    meaning: 'Number of attempts to log in',
    attributes: {
      result: {
        type: 'string',
        values: ['success', 'failed', 'refused'],
        meaning:
          '`failed` means a wrong username or password, `refused` too many failures for the username before',
      },
    },
  },
} as const satisfies Record<string, MetricDeclaration>;

const error = { err: { type: 'error', meaning: 'The error' } } as const satisfies Attributes;
const userId = { 'user.id': { type: 'string', meaning: 'Id of the user' } } as const satisfies Attributes;

const frontendWarning = { owner: 'frontend', level: 'warn', fields: error } as const;
const accountEvent = { owner: 'user-service', level: 'info', fields: userId } as const;
const catalogueChange = {
  owner: 'product-service',
  level: 'info',
  meaning: 'An administrator changed the catalogue',
  fields: { 'product.id': { type: 'int', meaning: 'Id of the product' } },
} as const;

export const logs = {
  sessionUnavailable: {
    ...frontendWarning,
    message: 'the session is not available',
    meaning: 'The session database did not answer; the page is served as if the visitor were logged out',
  },
  sessionNotEnded: {
    ...frontendWarning,
    message: 'could not end a session',
    meaning: "The session's api key has expired, but the session could not be deleted",
  },
  apiKeyNotRevoked: {
    ...frontendWarning,
    message: 'the api key of a logout is not revoked',
    meaning:
      'user-service did not answer; the visitor is logged out, and the api key stays valid until it expires',
  },
  userRegistered: { ...accountEvent, message: 'user registered', meaning: 'A visitor created an account' },
  loggedIn: { ...accountEvent, message: 'logged in', meaning: 'A user received an api key' },
  loggedOut: { ...accountEvent, message: 'logged out', meaning: 'A user revoked an api key' },
  loginFailed: {
    message: 'login failed',
    owner: 'user-service',
    level: 'info',
    meaning: 'Username or password was wrong; without `user.id`, no user has that name',
    fields: { 'user.id': { ...userId['user.id'], optional: true } },
  },
  loginRefused: {
    message: 'login refused after too many failures',
    owner: 'user-service',
    level: 'warn',
    meaning: 'Somebody may be guessing a password',
    fields: {},
  },
  productAdded: { ...catalogueChange, message: 'product added' },
  productUpdated: { ...catalogueChange, message: 'product updated' },
  productDeleted: { ...catalogueChange, message: 'product deleted' },
} as const satisfies Record<string, LogDeclaration>;
