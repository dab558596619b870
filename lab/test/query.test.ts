import { describe, expect, test } from 'vitest';
import { type Answer, startFakeService } from '../../test/fake-service.ts';
import { createJaeger } from '../src/query/jaeger.ts';
import { createLoki } from '../src/query/loki.ts';
import { createPrometheus } from '../src/query/prometheus.ts';

const range = { startMs: 0, endMs: 1000 };
const calls = {
  Jaeger: (url: string) => createJaeger(url).findTraces({ service: 'frontend', ...range, limit: 1 }),
  Prometheus: (url: string) => createPrometheus(url).query('up'),
  Loki: (url: string) => createLoki(url).queryRange('{a="b"}', { ...range, limit: 1, direction: 'forward' }),
};

async function backend(answer: Answer) {
  const fake = await startFakeService({ 'GET /*': answer });
  return fake;
}

describe.for(Object.entries(calls))('When %s', ([name, call]) => {
  test('is not there, then the error names it and its address', async () => {
    const fake = await backend({});
    await fake.stop();
    await expect(call(fake.url)).rejects.toMatchObject({
      name: 'BackendError',
      message: `${name} at ${fake.url} cannot be asked: nothing listens there.`,
    });
  });

  test.for<[string, Answer, RegExp]>([
    ['cuts the connection', {}, /cannot be asked: /],
    ['answers with a page', { body: '<html>' }, /something else than expected/],
    ['answers with other JSON', { body: { data: 'none' } }, /something else than expected/],
    ['refuses', { status: 500, body: 'out of\nmemory' }, /refuses \/.* with 500: out of memory$/],
    ['knows no such address', { status: 404, body: '' }, /is that its address\?$/],
  ])('%s, then the error says so', async ([, answer, message], { onTestFinished }) => {
    const fake = await backend(answer);
    onTestFinished(fake.stop);
    if (Object.keys(answer).length === 0) fake.mode = 'cut';
    const failure = expect(call(fake.url)).rejects;
    await failure.toThrow(message);
    await expect(call(fake.url)).rejects.toThrow(`${name} at ${fake.url} `);
  });
});

test('When Jaeger has no such trace, then there is none; any other trouble is an error', async ({
  onTestFinished,
}) => {
  const notFound = { data: null, errors: [{ code: 404, msg: 'trace not found' }] };
  const fake = await backend({ status: 404, body: notFound });
  onTestFinished(fake.stop);
  expect(await createJaeger(fake.url).traceById('a'.repeat(32))).toBeUndefined();
  fake.routes = { 'GET /*': { status: 503, body: 'not ready' } };
  await expect(createJaeger(fake.url).traceById('a'.repeat(32))).rejects.toThrow('503');
});

test('When values are no finite numbers, then they are told apart', async ({ onTestFinished }) => {
  const result = ['NaN', '+Inf', '-Inf', '1.5e-3'].map((text) => ({ metric: { text }, value: [1.25, text] }));
  const fake = await backend({ body: { status: 'success', data: { resultType: 'vector', result } } });
  onTestFinished(fake.stop);
  const samples = await createPrometheus(fake.url).query('x', 1250);
  expect(samples.map(({ value }) => value)).toEqual([Number.NaN, Infinity, -Infinity, 0.0015]);
  expect(samples[0]).toMatchObject({ labels: { text: 'NaN' }, atMs: 1250 });
  expect(fake.requests[0]?.path).toBe('/api/v1/query?query=x&time=1.25');
});

test('When Loki answers stream by stream, then lines are in order of time, with microseconds', async ({
  onTestFinished,
}) => {
  const second = 1_790_000_000;
  const stream = (name: string, times: string[]) => ({
    stream: { service_name: name },
    values: times.map((time) => [
      `${second}${time}`,
      `${name} ${time}`,
      { structuredMetadata: { span_id: 'b' } },
    ]),
  });
  const result = [stream('one', ['000001000', '000003000']), stream('two', ['000002000'])];
  const fake = await backend({ body: { status: 'success', data: { resultType: 'streams', result } } });
  onTestFinished(fake.stop);
  const lines = await createLoki(fake.url).queryRange('{}', { ...range, limit: 9, direction: 'forward' });
  expect(lines.map(({ atMs }) => atMs - second * 1000)).toEqual(
    [0.001, 0.002, 0.003].map((ms) => expect.closeTo(ms, 3)),
  );
  expect(lines[1]).toMatchObject({
    body: 'two 000002000',
    labels: { service_name: 'two' },
    metadata: { span_id: 'b' },
  });
});
