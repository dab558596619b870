import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseScenario, readScenario, scenarioNames } from '../src/scenario/scenario.ts';

const root = join(import.meta.dirname, '../..');

const good = {
  title: 'nothing works',
  story: 'A story.',
  traffic: { pages_per_second: 5 },
  fault: { kill: 'product-service' },
  signs: [{ alert: 'ServiceDown', within: '45s' }],
  improve: ['Everything.'],
};
const parseChanged = (change: object) => parseScenario('mine', JSON.stringify({ ...good, ...change }));

describe('When a scenario file has a mistake, then the message says which', () => {
  test.each([
    ['title', { title: undefined }],
    ['traffic.pages_per_second', { traffic: { pages_per_second: 0 } }],
    ['must be one of kill, stop or pause', { fault: { kill: 'nobody' } }],
    ['must be one of kill, stop or pause', { fault: { kill: 'loki', pause: 'loki' } }],
    ['must be one of kill, stop or pause', { fault: { switch: 'loki', latency_ms: 5 } }],
    ['must be a time such as 45s or 2m', { signs: [{ alert: 'ServiceDown', within: '45' }] }],
    ['must have above, below, or both', { signs: [{ what: 'x', metric: 'up', within: '5s' }] }],
    ['must have one of alert, metric, span, log', { signs: [{ what: 'x', lines: 'up', within: '5s' }] }],
    [
      'signs[0].span.kind',
      { signs: [{ what: 'x', span: { service: 'frontend', kind: 'sever' }, within: '5s' }] },
    ],
    ['signs', { signs: [] }],
    ['Unrecognized key', { repair: 'by hand' }],
  ])('%s', (message, change) => {
    expect(() => parseChanged(change)).toThrow(message);
    expect(() => parseChanged(change)).toThrow('scenarios/mine.yaml has mistakes');
  });

  test('that is no YAML', () => {
    expect(() => parseScenario('mine', 'title: [')).toThrow('scenarios/mine.yaml is no YAML');
  });

  test.each([
    { what: 'x', metric: 'vitrine_fault_active', above: 0, within: '5s' },
    { what: 'x', log: '{service_name="frontend"} |= `fault started`', within: '5s' },
    { what: 'x', span: { service: 'frontend', attributes: { 'vitrine.fault.kind': 'error' } }, within: '5s' },
  ])("of looking for the fault's own telemetry: %j", (sign) => {
    expect(() => parseChanged({ signs: [sign] })).toThrow(
      "must not look for the fault switch's own telemetry",
    );
  });
});

test('When a scenario is read by a name that there is not, then the message lists those that there are', () => {
  expect(() => readScenario('crush')).toThrow(
    'There is no scenario crush; there are collector-outage, crash,',
  );
  expect(() => readScenario('../package')).toThrow('There is no scenario');
});

test.each(scenarioNames())(
  'When an alert is expected by the scenario %s, then there is a rule for it',
  (name) => {
    const rules: { groups: { rules: { alert?: string }[] }[] } = parse(
      readFileSync(join(root, 'prometheus/rules/alerts.yml'), 'utf8'),
    );
    const known = rules.groups.flatMap(({ rules }) => rules.flatMap(({ alert }) => alert ?? []));
    const { signs, recovery } = readScenario(name);
    const expected = [...signs, ...recovery].flatMap((one) => ('alert' in one ? one.alert : []));
    expect(known).toEqual(expect.arrayContaining(expected));
  },
);
