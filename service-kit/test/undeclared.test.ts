import { expect, test } from 'vitest';
import { undeclaredIn } from '../../test/undeclared';

type Telemetry = Parameters<typeof undeclaredIn>[0];

const span = {
  ...{ service: 'frontend', scope: 'vitrine', kind: 'INTERNAL' as const, attributes: {} },
  events: [],
};
const point = { service: 'order-service', scope: 'vitrine', unit: '{order}', attributes: {} };
const line = { service: 'frontend', attributes: {} };
const nothing: Telemetry = { spans: [], points: [], logs: [] };

test.for<[what: string, telemetry: Partial<Telemetry>]>([
  ['a span', { spans: [{ ...span, name: 'checkout_process' }] }],
  ['a span of an instrumentation', { spans: [{ ...span, scope: 'http', kind: 'SERVER', name: 'GET /' }] }],
  ['a metric', { points: [{ ...point, metric: 'orders.checkout.completed' }] }],
  ['a message', { logs: [{ ...line, body: 'order_dbase is not available' }] }],
])('When %s is declared, then it is passed', ([, telemetry]) => {
  expect(undeclaredIn({ ...nothing, ...telemetry })).toEqual([]);
});

test.for<[what: string, telemetry: Partial<Telemetry>]>([
  [
    'a span of another service’s',
    { spans: [{ ...span, service: 'user-service', name: 'checkout_process' }] },
  ],
  [
    'an event of a span',
    { spans: [{ ...span, name: 'checkout_process', events: [{ name: 'x', attributes: {} }] }] },
  ],
  ['a kind of span', { spans: [{ ...span, scope: 'express', name: 'middleware' }] }],
  [
    'a metric of another service’s',
    { points: [{ ...point, service: 'frontend', metric: 'orders.checkout.completed' }] },
  ],
  ['the unit of a metric', { points: [{ ...point, unit: 's', metric: 'orders.checkout.completed' }] }],
  [
    'the value of an attribute',
    { points: [{ ...point, metric: 'orders.created', attributes: { status: 'lost' } }] },
  ],
  ['a message', { logs: [{ ...line, body: 'the stock room is not available' }] }],
  ['a message of another service’s', { logs: [{ ...line, body: 'logged in' }] }],
])('When %s is not declared, then it is told', ([, telemetry]) => {
  expect(undeclaredIn({ ...nothing, ...telemetry })).toHaveLength(1);
});
