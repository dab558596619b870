import { expect, test } from 'vitest';
import { undeclaredIn } from '../src/registry/contract';

type Telemetry = Parameters<typeof undeclaredIn>[0];

const span = {
  ...{ service: 'frontend', scope: 'vitrine', kind: 'INTERNAL' as const, name: 'checkout_process' },
  attributes: { 'process.status': 'success', 'process.user_id': '7' },
  events: [],
};
const statement = {
  ...{ ...span, kind: 'CLIENT' as const, name: 'SELECT', scope: '@opentelemetry/instrumentation-mysql2' },
  attributes: { 'db.system.name': 'mysql', 'db.namespace': 'order_dbase', 'db.query.text': 'SELECT 1' },
};
const measured = {
  ...{ service: 'order-service', scope: '@opentelemetry/instrumentation-http', unit: 's' },
  metric: 'http.server.request.duration',
};
const exception = { name: 'exception', attributes: { 'exception.type': 'TypeError' } };
const point = { service: 'order-service', scope: 'vitrine', unit: '{order}', attributes: {} };
const line = { service: 'frontend', attributes: {} };
const nothing: Telemetry = { spans: [], points: [], logs: [] };

test.for<[what: string, telemetry: Partial<Telemetry>]>([
  ['a span', { spans: [span] }],
  ['a span of an instrumentation', { spans: [statement] }],
  ['a metric of an instrumentation', { points: [{ ...measured, attributes: { 'http.route': '/' } }] }],
  ['the exception event of an error', { spans: [{ ...span, events: [exception] }] }],
  ['a metric', { points: [{ ...point, metric: 'orders.checkout.completed' }] }],
  ['a message', { logs: [{ ...line, body: 'order_dbase is not available' }] }],
  [
    'a number that Prometheus keeps as a text',
    { points: [{ ...measured, attributes: { 'http.response.status_code': '200' } }] },
  ],
])('When %s is declared, then it is accepted', ([, telemetry]) => {
  expect(undeclaredIn({ ...nothing, ...telemetry })).toEqual([]);
});

test.for<[what: string, telemetry: Partial<Telemetry>]>([
  ['a span of another service', { spans: [{ ...span, service: 'user-service' }] }],
  ['an event of a span', { spans: [{ ...span, events: [{ name: 'x', attributes: {} }] }] }],
  ['the scope of a span', { spans: [{ ...statement, scope: 'vitrine' }] }],
  ['the scope of a metric', { points: [{ ...measured, scope: 'vitrine', attributes: {} }] }],
  [
    'an attribute of an instrumentation’s metric',
    { points: [{ ...measured, attributes: { 'url.path': '/' } }] },
  ],
  ['an instrumentation', { spans: [{ ...span, scope: '@opentelemetry/instrumentation-express' }] }],
  ['a span without its required attributes', { spans: [{ ...span, attributes: {} }] }],
  [
    'the type of an attribute',
    { spans: [{ ...span, attributes: { ...span.attributes, 'process.order_id': '7' } }] },
  ],
  ['the kind of a span', { spans: [{ ...span, kind: 'CLIENT' }] }],
  [
    'a metric of another service',
    { points: [{ ...point, service: 'frontend', metric: 'orders.checkout.completed' }] },
  ],
  ['the unit of a metric', { points: [{ ...point, unit: 's', metric: 'orders.checkout.completed' }] }],
  [
    'the value of an attribute',
    { points: [{ ...point, metric: 'orders.created', attributes: { status: 'lost' } }] },
  ],
  ['a message', { logs: [{ ...line, body: 'the stock room is not available' }] }],
  ['a message of another service', { logs: [{ ...line, body: 'logged in' }] }],
])('When %s is not declared, then it is reported', ([, telemetry]) => {
  expect(undeclaredIn({ ...nothing, ...telemetry })).not.toEqual([]);
});
