import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { undeclaredIn } from '@vitrine/service-kit/registry/contract';
import { describe, expect, test } from 'vitest';
import { startFakeService } from '../../test/fake-service.ts';
import { LabError } from '../src/lab-error.ts';
import { createPrometheus } from '../src/query/prometheus.ts';
import { storesOf } from '../src/query/stores.ts';
import { findPlaces, readSettings } from '../src/settings.ts';
import { type Check, lookIntoEach, settle } from '../src/verify/check.ts';
import { checkDashboards } from '../src/verify/dashboards.ts';
import { choicesOf } from '../src/verify/fill-in.ts';
import { readDashboards, sourcesFile } from '../src/verify/grafana-files.ts';
import { learnNames } from '../src/verify/names.ts';
import { readRules } from '../src/verify/rules.ts';
import { inWordsOfRegistry } from '../src/verify/telemetry.ts';
import { unknownNames } from '../src/verify/unknown-names.ts';
import { aSpan } from './span-builder.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = resolve(import.meta.dirname, '../..');
const { signal } = new AbortController();
/** They are asked for nothing here. */
const stores = storesOf(readSettings(findPlaces({}), {}));

test('When there must be none of something, then the check waits for what is under way', async () => {
  const beganMs = performance.now();
  let lookedMs = 0;
  const look = async () => {
    lookedMs = performance.now();
    return [];
  };
  const check = { group: 'contract', name: 'nothing else', look, isOfAbsence: true };
  await settle([check], { limitMs: 400, signal });
  expect(lookedMs - beganMs).toBeGreaterThan(190);
});

describe('When the time of verify is over', () => {
  const problemsOf = async (look: Check['look']) => {
    const [result] = await settle([{ group: 'rules', name: 'one', look }], { limitMs: 100, signal });
    return result?.problems;
  };

  test('while a backend hangs, then the check fails, and nobody waits for the answer', async ({
    onTestFinished,
  }) => {
    const fake = await startFakeService({});
    onTestFinished(fake.stop);
    fake.mode = 'hang';
    const prometheus = createPrometheus(fake.url, 3_600_000);
    expect(await problemsOf(async () => (await prometheus.query('up')).map(String))).toEqual([
      expect.stringContaining('did not come to an end within 0 s'),
    ]);
  });

  test('then what was found before is reported', async () => {
    let looks = 0;
    const problems = await problemsOf(() => {
      looks += 1;
      return looks === 1 ? Promise.resolve(['It finds nothing']) : new Promise(() => {});
    });
    expect(problems).toEqual(['It finds nothing.']);
  });

  test('then no more queries are asked', async () => {
    const deadline = new AbortController();
    const asked: number[] = [];
    const look = lookIntoEach([1, 2, 3, 4, 5, 6, 7, 8], async (item) => {
      asked.push(item);
      deadline.abort();
      return [];
    });
    await look(deadline.signal);
    expect(asked).toEqual([1]);
  });
});

test('When a span has a kind that no declaration has, then it is reported', () => {
  const spans = (['producer', 'consumer'] as const).map((kind) => aSpan(kind, { kind, name: kind }));
  expect(undeclaredIn(inWordsOfRegistry(spans, [], []))).toEqual(
    expect.arrayContaining(['span producer of frontend', 'span consumer of frontend']),
  );
});

describe('When data sources are such that an exemplar leads to nothing', () => {
  test.for<[what: string, change: readonly [RegExp, string], problem: RegExp]>([
    [
      'they ask by datasourceUid',
      [/^( {10})url: .*$/m, '$1datasourceUid: jaeger'],
      /needs a url, and no datasourceUid/,
    ],
    [
      'they ask by both',
      [/^( {10})url: /m, '$1datasourceUid: jaeger\n$&'],
      /needs a url, and no datasourceUid/,
    ],
    [
      'the query has a type',
      [/%22query%22%3A/, '%22queryType%22%3A%22search%22%2C$&'],
      /has a url with the queryType search/,
    ],
    ['the panes are no JSON', [/panes=%7B/, 'panes='], /has a url without panes that can be read/],
    ['there are no panes', [/panes=/, 'pains='], /has a url without panes that can be read/],
    [
      'the panes have other names',
      [/%22queries%22/, '%22questions%22'],
      /has a url without panes that can be read: [\s\S]*queries/,
    ],
  ])('because %s, then verify says so, and what else is wrong', async ([, [before, after], problem]) => {
    const folder = copyOf('grafana');
    const text = readFileSync(join(folder, sourcesFile), 'utf8');
    expect(text).toMatch(before);
    writeFileSync(
      join(folder, sourcesFile),
      text.replace(before, after).replace(/^( {4}uid:) loki$/m, '$1 loki-2'),
    );
    const [check] = checkDashboards(folder, stores, async () => learnNames([], [], []));
    const problems = await check?.look(signal);
    expect(problems).toContainEqual(expect.stringMatching(problem));
    expect(problems).toContainEqual(
      expect.stringContaining('tracesToLogsV2 leads to loki, which is no data source'),
    );
  });
});

describe('A file of rules', () => {
  const rulesIn = (text: string) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'prometheus/rules'), { recursive: true });
    writeFileSync(join(folder, 'prometheus/rules/own.yml'), text);
    return readRules(folder);
  };

  test('is read with all that Prometheus tells of its rules', () => {
    const text = `
      groups:
        - name: own
          labels: { team: shop }
          rules:
            - { alert: Slow, expr: up > 1, for: 1h30m, keep_firing_for: 500ms, labels: { window: 5 }, annotations: { summary: x } }
            - { record: two, expr: 2 }`;
    expect(rulesIn(text)).toEqual([
      {
        ...{ file: 'own.yml', name: 'Slow', type: 'alerting', expr: 'up > 1' },
        ...{ forSeconds: 5400, keepFiringForSeconds: 0.5 },
        ...{ labels: { team: 'shop', window: '5' }, annotations: { summary: 'x' } },
      },
      {
        ...{
          file: 'own.yml',
          name: 'two',
          type: 'recording',
          expr: '2',
          forSeconds: 0,
          keepFiringForSeconds: 0,
        },
        ...{ labels: { team: 'shop' }, annotations: {} },
      },
    ]);
  });

  test.each(['groups: [', 'groups: 1', 'groups: [{ rules: [{ alert: Slow, expr: up, for: soon }] }]'])(
    'with %s is refused by its name',
    (text) => {
      expect(() => rulesIn(text)).toThrow(
        expect.objectContaining({
          name: 'LabError',
          message: expect.stringMatching(/^prometheus\/rules\/own\.yml cannot be read: /),
        }),
      );
    },
  );
});

describe('Of the names in a query', () => {
  const requests = 'http_server_request_duration_seconds_count';
  const names = learnNames(
    [
      { __name__: requests, http_route: '/checkout/process', http_response_status_code: '200' },
      { __name__: 'otelcol_exporter_sent_spans_total', exporter: 'otlp_grpc/jaeger' },
    ],
    [],
    [],
  );
  const unknownIn = (...matchers: readonly (readonly [name: string, type: string, value: string])[]) => {
    const selector = matchers.map(([name, type, value]) => ({ name, type, value }));
    return unknownNames({ type: 'vectorSelector', matchers: selector }, '', names);
  };

  test.for<[label: string, value: string, isKnown: boolean]>([
    ['http_route', '/checkout/process', true],
    ['http_route', '/checkout/proces', false],
    ['http_response_status_code', '503', true],
    ['http_response_status_code', '5xx', false],
    ['error_type', 'timeout', true],
    ['url_scheme', 'http', true],
    ['url_scheme', 'https', false],
  ])('%s="%s" is known: %s', ([label, value, isKnown]) => {
    const problems = isKnown ? [] : [`${requests} has no ${label}="${value}"`];
    expect(unknownIn(['__name__', '=', requests], [label, '=', value])).toEqual(problems);
  });

  test.for<[pattern: string, unknown: readonly string[]]>([
    ['otelcol_exporter_sent_(?:spans|log_record)_total', ['otelcol_exporter_sent_log_record_total']],
    ['otelcol_exporter_(?:send|enqueue)_failed_(?:spans|log_records)_total', []],
    ['otelcol_exporter_sent_spans_total|otelcol_proces_(a|b)', ['otelcol_proces_a', 'otelcol_proces_b']],
    ['otelcol_.+', []],
  ])('%s has each checked that it consists of', ([pattern, unknown]) => {
    expect(unknownIn(['__name__', '=~', pattern])).toEqual(
      unknown.map((name) => `there is no metric ${name}`),
    );
  });
});

test('When the regex of a variable is none, then the error names the variable', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'grafana/dashboards'), { recursive: true });
  const list = [{ name: 'service', type: 'custom', query: 'a,b', regex: '/(/' }];
  writeFileSync(
    join(folder, 'grafana/dashboards/own.json'),
    JSON.stringify({ title: 'Own', templating: { list } }),
  );
  const choices = readDashboards(folder).map((dashboard) => choicesOf(dashboard, stores));
  await expect(Promise.all(choices)).rejects.toThrow(
    new LabError('The regex of the variable service is none: ('),
  );
});

/** A folder that has nothing but a copy of this one of the repository. */
function copyOf(name: string): string {
  const folder = temporaryFolder();
  cpSync(join(root, name), join(folder, name), { recursive: true });
  return folder;
}
