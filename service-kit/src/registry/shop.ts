import type { Attributes, LogDeclaration, MetricDeclaration, SpanDeclaration } from './declaration';

/** What the shop's services emit of their own. Their code takes every name from here. */

const status = {
  type: 'string',
  values: ['valid', 'unauthorized', 'no_order'],
  meaning: 'Whether the cart can be bought; if not, why: a stranger, or nothing in it',
} as const;

export const spans = {
  checkoutValidation: {
    name: 'checkout_validation',
    owner: 'frontend',
    meaning: 'Is the visitor logged in, and is there anything in the cart?',
    attributes: {
      'checkout.status': { ...status, optional: true },
      'user.id': { type: 'string', meaning: 'Id of the visitor', optional: true },
      'order.id': { type: 'int', meaning: 'Id of the open order', optional: true },
      'order.items_count': { type: 'int', unit: '{item}', meaning: 'Pieces in the cart', optional: true },
      'order.total_price': { type: 'int', unit: '{dollar}', meaning: 'What they cost', optional: true },
    },
    events: {
      'cart.read': { meaning: 'order-service has told what is in the cart', attributes: {} },
      'checkout.validated': { meaning: 'The conclusion', attributes: { 'checkout.status': status } },
    },
  },
  checkoutProcess: {
    name: 'checkout_process',
    owner: 'frontend',
    meaning: 'The open order becomes a placed one',
    attributes: {
      'process.status': { type: 'string', values: ['success', 'failed'], meaning: 'Whether it was bought' },
      'process.order_id': { type: 'int', meaning: 'Id of the order that was placed', optional: true },
      'process.user_id': { type: 'string', meaning: 'Id of the visitor' },
    },
    events: {
      'checkout.completed': { meaning: 'order-service has closed the order', attributes: {} },
    },
  },
} as const satisfies Record<string, SpanDeclaration>;

export const metrics = {
  ordersCreated: {
    name: 'orders.created',
    owner: 'order-service',
    instrument: 'counter',
    unit: '{order}',
    meaning: 'Orders opened: a first product went into a cart',
    attributes: {
      status: {
        type: 'string',
        values: ['success', 'failed'],
        meaning: '`failed`: the order could not be kept, and was rolled back',
      },
    },
  },
  cartItemsAdded: {
    name: 'cart.items.added',
    owner: 'order-service',
    instrument: 'counter',
    unit: '{item}',
    meaning: 'Pieces put into carts',
    attributes: {
      product_id: { type: 'string', maxValues: 200, meaning: 'Id of a product that exists' },
    },
  },
  checkoutsCompleted: {
    name: 'orders.checkout.completed',
    owner: 'order-service',
    instrument: 'counter',
    unit: '{order}',
    meaning: 'Orders bought',
    attributes: {},
  },
  checkoutValue: {
    name: 'orders.checkout.value',
    owner: 'order-service',
    instrument: 'histogram',
    unit: '{dollar}',
    meaning: 'What an order that was bought costs as a whole',
    boundaries: [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000],
    attributes: {},
  },
  logins: {
    name: 'user.logins',
    owner: 'user-service',
    instrument: 'counter',
    unit: '{login}',
    meaning: 'Attempts to log in',
    attributes: {
      result: {
        type: 'string',
        values: ['success', 'failed', 'refused'],
        meaning: '`failed`: wrong name or password; `refused`: too many failures for this name before',
      },
    },
  },
} as const satisfies Record<string, MetricDeclaration>;

const userId = { 'user.id': { type: 'string', meaning: 'Id of the user' } } as const satisfies Attributes;
const productId = {
  'product.id': { type: 'int', meaning: 'Id of the product' },
} as const satisfies Attributes;
const err = { err: { type: 'error', meaning: 'What was thrown' } } as const satisfies Attributes;

export const logs = {
  sessionUnavailable: {
    message: 'the session is not available',
    owner: 'frontend',
    level: 'warn',
    meaning: 'The session database did not answer; the visitor is served as a stranger',
    fields: err,
  },
  sessionNotEnded: {
    message: 'could not end a session',
    owner: 'frontend',
    level: 'warn',
    meaning: 'The api key of a session has expired, and the session could not be deleted',
    fields: err,
  },
  apiKeyNotRevoked: {
    message: 'the api key of a logout is not revoked',
    owner: 'frontend',
    level: 'warn',
    meaning: 'user-service did not answer; the visitor is logged out, and the key lives on until it expires',
    fields: err,
  },
  userRegistered: {
    message: 'user registered',
    owner: 'user-service',
    level: 'info',
    meaning: 'There is a new account',
    fields: userId,
  },
  loggedIn: {
    message: 'logged in',
    owner: 'user-service',
    level: 'info',
    meaning: 'An api key was handed out',
    fields: userId,
  },
  loginFailed: {
    message: 'login failed',
    owner: 'user-service',
    level: 'info',
    meaning: 'Wrong name or password; without `user.id`: nobody has that name',
    fields: { 'user.id': { ...userId['user.id'], optional: true } },
  },
  loginRefused: {
    message: 'login refused after too many failures',
    owner: 'user-service',
    level: 'warn',
    meaning: 'Somebody may be guessing a password',
    fields: {},
  },
  loggedOut: {
    message: 'logged out',
    owner: 'user-service',
    level: 'info',
    meaning: 'An api key was revoked',
    fields: userId,
  },
  productAdded: {
    message: 'product added',
    owner: 'product-service',
    level: 'info',
    meaning: 'An administrator changed the catalogue',
    fields: productId,
  },
  productUpdated: {
    message: 'product updated',
    owner: 'product-service',
    level: 'info',
    meaning: 'An administrator changed the catalogue',
    fields: productId,
  },
  productDeleted: {
    message: 'product deleted',
    owner: 'product-service',
    level: 'info',
    meaning: 'An administrator changed the catalogue',
    fields: productId,
  },
} as const satisfies Record<string, LogDeclaration>;
