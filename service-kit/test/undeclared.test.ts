import { expect, test } from 'vitest';
import { undeclaredIn } from '../../test/undeclared';

type Telemetry = Parameters<typeof undeclaredIn>[0];

const span = {
  ...{ service: 'frontend', scope: 'vitrine', kind: 'INTERNAL' as const, name: 'checkout_process' },
  attributes: { 'process.status': 'success', 'process.user_id': '7' },
  events: [],
};
const statement = {
  ...{ ...span, kind: 'CLIENT' as const, name: 'SELECT' },
  attributes: {
    'db.system.name': 'mysql',
    'db.namespace': 'order_dbase',
    'db.query.text': 'SELECT 1',
    'db.operation.name': 'SELECT',
  },
};
const exception = { name: 'exception', attributes: { 'exception.type': 'TypeError' } };
const point = { service: 'order-service', scope: 'vitrine', unit: '{order}', attributes: {} };
const line = { service: 'frontend', attributes: {} };
const nothing: Telemetry = { spans: [], points: [], logs: [] };

test.for<[what: string, telemetry: Partial<Telemetry>]>([
  ['a span', { spans: [span] }],
  ['a span whose name varies', { spans: [statement] }],
  ['what OpenTelemetry tells of an error', { spans: [{ ...span, events: [exception] }] }],
  ['a metric', { points: [{ ...point, metric: 'orders.checkout.completed' }] }],
  ['a message', { logs: [{ ...line, body: 'order_dbase is not available' }] }],
])('When %s is declared, then it is passed', ([, telemetry]) => {
  expect(undeclaredIn({ ...nothing, ...telemetry })).toEqual([]);
});

test.for<[what: string, telemetry: Partial<Telemetry>]>([
  ['a span of another service’s', { spans: [{ ...span, attributes: {}, service: 'user-service' }] }],
  ['an event of a span', { spans: [{ ...span, events: [{ name: 'x', attributes: {} }] }] }],
  ['an instrumentation', { spans: [{ ...span, attributes: {}, scope: 'express', name: 'middleware' }] }],
  ['a span without what it always has', { spans: [{ ...span, attributes: {} }] }],
  ['the kind of a span', { spans: [{ ...span, attributes: {}, kind: 'CLIENT' }] }],
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
