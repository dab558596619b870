import { expect } from 'vitest';
import { poll } from '../../src/poll.ts';
import { backendsOf } from '../stack/backends.ts';
import { expectPurchaseInBackends } from '../stack/purchase.ts';
import { test } from './docker.ts';

test('When someone buys, then Jaeger, Loki and Prometheus hold that request', ({ shop }) =>
  expectPurchaseInBackends(shop));

test('When the shop is up, then Prometheus scrapes all it should and has its rules', async ({ shop }) => {
  const { prometheus } = backendsOf(shop);
  const down = async () => {
    const up = await prometheus.query('up');
    return up.length >= 5 && up.every(({ value }) => value === 1) ? up.length : undefined;
  };
  expect(await poll(down, { intervalMs: 250, limitMs: 60_000 })).toBe(5);
  expect((await prometheus.rules()).map(({ name }) => name)).toEqual(
    expect.arrayContaining(['HighErrorRate', 'HighLatency']),
  );
});

test('When the shop in containers is verified, then every check holds', async ({ shop }) => {
  const { status, stdout, stderr } = await shop.vitrine('verify');
  expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
});
