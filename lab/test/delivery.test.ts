import { expect, test } from 'vitest';
import { startFakeService } from '../../test/fake-service.ts';
import { wasUndelivered, withDelivery } from '../src/delivery.ts';
import { createPrometheus } from '../src/query/prometheus.ts';
import type { PartStatus } from '../src/stack.ts';

const names = ['otel-collector', 'jaeger', 'prometheus', 'loki'] as const;
type Name = (typeof names)[number];
const parts: readonly PartStatus[] = names.map((part) => ({ part, state: 'ready', address: 'x' }));

/** A Prometheus that was started some time ago, and has these results for every query. */
async function prometheus(results: readonly Record<string, string>[], ageSeconds = 60) {
  const result = results.map((metric) => ({ metric, value: [Date.now() / 1000, '1'] }));
  const startTime = new Date(Date.now() - ageSeconds * 1000).toISOString();
  return startFakeService({
    'GET /api/v1/query': { body: { status: 'success', data: { resultType: 'vector', result } } },
    'GET /api/v1/status/runtimeinfo': { body: { status: 'success', data: { startTime } } },
  });
}

test.for<[labels: Record<string, string>, part: Name, why: string]>([
  [{ exporter: 'otlp_http/loki' }, 'loki', 'the collector cannot deliver to it'],
  [{ exporter: 'otlp_grpc/jaeger' }, 'jaeger', 'the collector cannot deliver to it'],
  [{ exporter: 'otlp_http/mine' }, 'otel-collector', 'the collector cannot deliver to otlp_http/mine'],
  [{ job: 'loki' }, 'loki', 'its disk is full'],
  [{ job: 'services' }, 'prometheus', 'it cannot read the metrics of the services'],
  [{ job: 'prometheus' }, 'prometheus', 'it has stored nothing for 20 s'],
])(
  'When %j is not delivered, then %s is not ready, since %s',
  async ([labels, part, why], { onTestFinished }) => {
    const fake = await prometheus([labels]);
    onTestFinished(fake.stop);
    const shown = await withDelivery(parts, createPrometheus(fake.url));
    expect(shown).toEqual(
      parts.map((one) =>
        one.part === part ? { ...one, state: 'not ready', detail: expect.stringContaining(why) } : one,
      ),
    );
  },
);

test('When a part has not run, then what is not delivered to it does not hide that', async ({
  onTestFinished,
}) => {
  const fake = await prometheus([{ exporter: 'otlp_http/loki' }]);
  onTestFinished(fake.stop);
  const down = parts.map((one) => (one.part === 'loki' ? { ...one, state: 'stopped' as const } : one));
  expect(await withDelivery(down, createPrometheus(fake.url))).toEqual(down);
});

test('When Prometheus has just started, then nobody expects it to have stored anything', async ({
  onTestFinished,
}) => {
  const fake = await prometheus([{ job: 'prometheus' }], 1);
  onTestFinished(fake.stop);
  expect(await withDelivery(parts, createPrometheus(fake.url))).toEqual(parts);
});

test('When Prometheus cannot be asked, then it is not ready; when it does not run, then nobody asks', async () => {
  const fake = await prometheus([]);
  await fake.stop();
  const shown = await withDelivery(parts, createPrometheus(fake.url));
  expect(shown.find(({ part }) => part === 'prometheus')).toMatchObject({
    state: 'not ready',
    detail: expect.stringContaining('cannot be asked'),
  });
  const without = parts.filter(({ part }) => part !== 'prometheus');
  expect(await withDelivery(without, createPrometheus(fake.url))).toEqual(without);
});

test('When Prometheus does not answer, then requests to it end after two seconds', async ({
  onTestFinished,
}) => {
  const fake = await prometheus([]);
  onTestFinished(fake.stop);
  fake.mode = 'hang';
  const asked = createPrometheus(fake.url);
  const why = `Prometheus at ${fake.url} cannot be asked: no answer within 2 s.`;
  const [shown] = await Promise.all([
    withDelivery(parts, asked),
    expect(wasUndelivered(asked, 'loki', Date.now())).rejects.toThrow(why),
  ]);
  expect(shown.find(({ part }) => part === 'prometheus')).toMatchObject({ state: 'not ready', detail: why });
});
