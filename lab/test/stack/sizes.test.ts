import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { backendsOf } from './backends.ts';
import { attributes, post } from './otlp-json.ts';
import { lately } from './panel.ts';
import { test } from './stack-test.ts';

const resource = { attributes: attributes({ 'service.name': 'large-service' }) };
const patient = { timeout: 60_000, interval: 500 };

const now = () => String(BigInt(Date.now()) * 1_000_000n);
const newId = (bytes: number) => randomBytes(bytes).toString('hex');
const texts = (lengths: readonly number[]) =>
  attributes(
    Object.fromEntries(lengths.map((length, index) => [`text.${index}`, 'Text '.repeat(length / 5)])),
  );

/** A trace of so many spans, each with attributes of these lengths, or with a link that has them. */
function trace(traceId: string, count: number, lengths: readonly number[], linked: readonly number[] = []) {
  const times = { startTimeUnixNano: now(), endTimeUnixNano: now() };
  const links = [{ traceId, spanId: newId(8), attributes: texts(linked) }];
  const span = { ...times, traceId, name: 'large', kind: 1, attributes: texts(lengths), links };
  const spans = Array.from({ length: count }, () => ({ ...span, spanId: newId(8) }));
  return { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] };
}

/** So many log lines of a trace, each with attributes of these lengths. */
function logs(traceId: string, count: number, lengths: readonly number[], body = 'large') {
  const record = { traceId, spanId: newId(8), attributes: texts(lengths) };
  // Loki keeps one of lines that are equal.
  const logRecords = Array.from({ length: count }, (_, index) => {
    return { ...record, timeUnixNano: now(), body: { stringValue: `${index} ${body}` } };
  });
  return { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] };
}

test('When two posts join to more than gRPC takes at once, then every span arrives', async ({ stack }) => {
  const ids = [newId(16), newId(16)];
  // Masking does not read links, so the posts take no longer than the time for which the collector joins them.
  const posts = ids.map((id) => post(stack, 'traces', trace(id, 500, [], Array(6).fill(1000))));
  for (const { status } of await Promise.all(posts)) expect(status).toBe(200);
  for (const id of ids) {
    const spans = async () => (await backendsOf(stack).jaeger.traceById(id))?.spans.length;
    await expect.poll(spans, patient).toBe(500);
  }
});

const cases: [what: string, count: number, lengths: readonly number[]][] = [
  ['posts are large', 500, [1000, 1000, 1000, 1000]],
  ['a single item is larger than gRPC takes by default', 1, [4_500_000]],
];

test.for(cases)('When %s, then every span and log line arrives', async ([, count, lengths], { stack }) => {
  const { jaeger, loki } = backendsOf(stack);
  const ids = [newId(16), newId(16)];
  const posts = ids.flatMap((id) => [
    post(stack, 'traces', trace(id, count, lengths)),
    post(stack, 'logs', logs(id, count, lengths)),
  ]);
  for (const { status } of await Promise.all(posts)) expect(status).toBe(200);
  for (const id of ids) {
    const spans = async () => (await jaeger.traceById(id))?.spans.length;
    await expect.poll(spans, patient).toBe(count);
    const query = `{service_name="large-service"} | trace_id="${id}"`;
    const lines = () => loki.queryRange(query, { ...lately(), limit: 5000, direction: 'forward' });
    await expect.poll(async () => (await lines()).length, patient).toBe(count);
    const characters = (await lines()).flatMap(({ metadata }) =>
      lengths.map((_, index) => metadata[`text_${index}`]?.length),
    );
    expect(characters).toEqual(Array(count).fill(lengths).flat());
  }
});

test('When a log line is longer than Loki keeps, then its beginning arrives, with its attributes', async ({
  stack,
}) => {
  const { loki } = backendsOf(stack);
  const id = newId(16);
  const payload = logs(id, 1, Array(200).fill(1000), 'Line '.repeat(80_000));
  expect(await post(stack, 'logs', payload)).toMatchObject({ status: 200 });
  const query = `{service_name="large-service"} | trace_id="${id}"`;
  const lines = () => loki.queryRange(query, { ...lately(), limit: 2, direction: 'forward' });
  await expect.poll(async () => (await lines()).length, patient).toBe(1);
  const [line] = await lines();
  expect(line?.body.length).toBe(256 * 1024);
  expect(line?.metadata.text_199).toHaveLength(1000);
});

test('When a post is larger than the collector takes, then the sender is told', async ({ stack }) => {
  const payload = trace(newId(16), 1, [9_000_000]);
  expect((await post(stack, 'traces', payload)).ok).toBe(false);
});
