import { join } from 'node:path';
import { expect, test } from 'vitest';
import { layoutOf } from '../src/drill/evidence.ts';
import type { PartName } from '../src/part-names.ts';
import type { Span } from '../src/query/span.ts';
import { findPlaces, readSettings } from '../src/settings.ts';
import { aSpan, aTrace } from './span-builder.ts';
import { temporaryFolder } from './temporary-folder.ts';

function aLayout() {
  return layoutOf(readSettings(findPlaces({ VITRINE_HOME: join(temporaryFolder(), 'home') }), {}));
}

const status = (code: number) => ({ 'http.response.status_code': code });
const call = (peer: string, more: Span['attributes']): Partial<Span> => ({
  ...{ kind: 'client', attributes: { 'peer.service': peer, ...more } },
});
const statement = (schema: string): Partial<Span> => ({
  ...{ kind: 'client', service: 'order-service', attributes: { 'db.namespace': schema } },
});
const waitFor = (pool: string): Partial<Span> => ({
  ...{ kind: 'internal', status: 'error', attributes: { 'db.client.connection.pool.name': pool } },
});

test.for<[string, Partial<Span>, PartName, boolean]>([
  ['a late request of it', { durationMs: 450 }, 'frontend', true],
  ['a quick request of it', { durationMs: 150 }, 'frontend', false],
  ['a failed request of it', { attributes: status(500) }, 'frontend', true],
  ['a failed request of another', { attributes: status(500) }, 'order-service', false],
  ['a failed request from before', { attributes: status(500), startMs: 400 }, 'frontend', false],
  ['a call of it without an answer', { ...call('user-service', {}), status: 'error' }, 'user-service', true],
  [
    'a call that it refused',
    { ...call('user-service', status(401)), status: 'error' },
    'user-service',
    false,
  ],
  ['a late call of it', { ...call('user-service', status(200)), durationMs: 600 }, 'user-service', true],
  ['a late statement', { ...statement('order_dbase'), durationMs: 250 }, 'order_dbase', true],
  ['a late statement of another', { ...statement('order_dbase'), durationMs: 250 }, 'product_dbase', false],
  ['a quick statement', statement('order_dbase'), 'order_dbase', false],
  ['a wait for its sessions in vain', waitFor('session_dbase'), 'user_dbase', true],
])('When a trace has %s, then it is told whether it shows the part', ([, span, part, expected]) => {
  expect(aLayout().shows(aTrace(aSpan('1', span)), part, 500)).toBe(expected);
});

test('When one part calls the other, then they are neighbours, and nobody is that of the collector', () => {
  const { areNeighbours, isTraced } = aLayout();
  expect(areNeighbours('product_dbase', 'product-service')).toBe(true);
  expect(areNeighbours('frontend', 'user_dbase')).toBe(true);
  expect(areNeighbours('frontend', 'order-service')).toBe(true);
  expect(areNeighbours('frontend', 'order_dbase')).toBe(false);
  expect(areNeighbours('product-service', 'otel-collector')).toBe(false);
  expect((['loki', 'order_dbase', 'frontend'] as const).map(isTraced)).toEqual([...[false, true, true]]);
});
