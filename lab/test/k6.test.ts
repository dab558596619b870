import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { measureGrowth } from '../src/k6/growth.ts';
import { readTracedRequests, tracesTable } from '../src/k6/traced-requests.ts';
import type { LogLine } from '../src/query/loki.ts';
import { createPrometheus } from '../src/query/prometheus.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = resolve(import.meta.dirname, '../..');

/** Runs ./vitrine where nothing is, except a k6 if its script is given. */
function vitrine(args: readonly string[], k6?: string) {
  const folder = temporaryFolder();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  if (k6) writeFileSync(join(bin, 'k6'), `#!/bin/sh\n${k6}\n`, { mode: 0o755 });
  const env = { VITRINE_HOME: join(folder, 'home'), XDG_CACHE_HOME: folder, PATH: bin, PORT_OFFSET: '21000' };
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'lab/src/cli.ts'), ...args], {
    ...{ encoding: 'utf8', env },
  });
  return { status, stderr, bin };
}

test('When there is no k6, then it says how to get one', () => {
  expect(vitrine(['k6'])).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      /^There is no k6 here, and there is no Go to compile it with: install Go .*docker compose/,
    ),
  });
});

test('When the k6 on PATH is an old one, then it is not used, and that is said', () => {
  const { status, stderr, bin } = vitrine(['k6'], 'echo k6 v0.49.0');
  expect(status).toBe(1);
  expect(stderr).toContain(`There is no k6 here (not ${bin}/k6 0.49.0: 1.8.1 is wanted), and there is no Go`);
});

test('When the shop does not run, then a test of it is refused', () => {
  expect(vitrine(['k6', 'load'], 'echo k6 v1.8.2')).toMatchObject({
    status: 1,
    stderr: 'The shop at http://127.0.0.1:26000 is not ready: does not listen yet. ./start.sh starts it.\n',
  });
});

test.each([
  [['stress'], 'Allowed choices are smoke, journey, load, spike, soak.'],
  [['load', '--rate', '0'], 'It must be a whole number from 1 to 9999.'],
  [['load', '--duration', '5'], 'It must be a time such as 90s, 5m or 1h30m.'],
  [['soak', '--duration', '0s'], 'It must be a time such as'],
  [['smoke', '--rate', '5'], 'smoke opens each page once: it has neither --rate nor --duration.'],
])('When %j is asked for, then it says what is allowed', (args, words) => {
  const { status, stderr } = vitrine(['k6', ...args]);
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(words) });
});

test('When requests were slow or failed, then the slowest and the first that failed are named', async () => {
  const sample = (ms: number, status: string) => ({
    ...{ metric: 'traced_requests', type: 'Point' },
    data: {
      value: ms,
      tags: { name: 'GET /', status, expected: String(status === '200'), scenario: 'load' },
      metadata: { trace_id: `trace-${ms}` },
    },
  });
  const ofSetup = { name: 'POST /login', status: '303', expected: 'true' };
  const others = [
    { metric: 'http_reqs', type: 'Point', data: { value: 1, tags: ofSetup } },
    {
      metric: 'traced_requests',
      type: 'Point',
      data: { value: 500, tags: ofSetup, metadata: { trace_id: 'a' } },
    },
  ];
  const samples = [3, 9, 1, 7, 5, 8, 2].map((ms) => sample(ms, '200'));
  const failed = [100, 101, 102, 103, 104, 105].map((ms) => sample(ms, '503'));
  const file = join(temporaryFolder(), 'samples.json.gz');
  const lines = [...others, ...samples, ...failed].map((line) => `${JSON.stringify(line)}\n`);
  writeFileSync(file, gzipSync(lines.join('')));
  const requests = await readTracedRequests(file);
  expect(requests.slowest.map(({ traceId }) => traceId)).toEqual([9, 8, 7, 5, 3].map((ms) => `trace-${ms}`));
  expect(requests.failed.map(({ ms }) => ms)).toEqual([100, 101, 102, 103, 104]);
  expect(tracesTable(requests)).toContain('failed   GET /  503  100 ms  trace-100');
});

const run = { startMs: 0, endMs: 400_000 };

/** Growth over a run in which every value is 100 MB and grows to `last`, and the log holds `errors`. */
function growth(last: number, errors: readonly LogLine[] = []) {
  const services = ['frontend', 'user-service', 'product-service', 'order-service'];
  const prometheus = {
    ...createPrometheus('http://127.0.0.1:9'),
    query: async (_: string, atMs = 0) =>
      services.map((service_name) => ({
        ...{ labels: { service_name }, atMs, value: atMs === run.endMs ? last : 100e6 },
      })),
  };
  return measureGrowth({ prometheus, loki: { queryRange: async () => errors } }, run);
}

test('When nothing grows, then the table says that all is flat', async () => {
  const { lines, problems } = await growth(100e6);
  expect(problems).toEqual([]);
  expect(lines.at(2)).toMatch(/^frontend +100 → 100 +100 → 100 +100000000 → 100000000 .* 0$/);
  expect(lines.at(-1)).toBe('All of it is flat.');
});

test('When memory grows by a fifth, then each service and bound is named', async () => {
  const { lines, problems } = await growth(120e6);
  expect(problems).toContain('The memory of frontend grew from 100 to 120 MB, by more than 15 MB.');
  expect(problems).toContainEqual(expect.stringMatching(/^The series of order-service grew /));
  expect(problems.filter((problem) => problem.includes('heap'))).toEqual([]);
  expect(lines.at(2)).toContain('100 → 120 ✗');
});

test('When a service logs errors, then it is not well, though flat', async () => {
  const line = { atMs: 1, body: 'Something went wrong', labels: { service_name: 'frontend' }, metadata: {} };
  expect((await growth(100e6, [line])).problems).toEqual([
    'frontend logged errors: ./vitrine logs frontend shows them.',
  ]);
});

test('When Prometheus knows too little of the run, then nothing is called flat', async () => {
  const prometheus = { ...createPrometheus('http://127.0.0.1:9'), query: async () => [] };
  const { problems } = await measureGrowth({ prometheus, loki: { queryRange: async () => [] } }, run);
  expect(problems).toContain(
    'Prometheus has too little of frontend to judge its memory: was the run too short?',
  );
});
