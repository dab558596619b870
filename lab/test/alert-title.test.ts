import { expect, test } from 'vitest';
import { alertTitle } from '../src/alert-title.ts';
import { affected } from '../src/dashboards/board.ts';

const burn = { service_name: 'frontend', objective: 'latency', severity: 'critical', window: '1h' };

test.each([
  ['HighErrorRate', { service_name: 'frontend', severity: 'critical' }, 'HighErrorRate of frontend'],
  ['PipelineDown', { job: 'loki', instance: 'loki:3100' }, 'PipelineDown of loki'],
  ['TelemetryLost', { exporter: 'otlp/jaeger' }, 'TelemetryLost of otlp/jaeger'],
  ['ErrorBudgetBurn', burn, 'ErrorBudgetBurn of frontend latency 1h'],
  ['Watchdog', { service_name: '' }, 'Watchdog'],
])('When %s is told with %j, then it is %s', (name, labels, title) => {
  expect(alertTitle({ name, labels: { alertname: name, ...labels } })).toBe(title);
});

test('When a dashboard says what an alert is about, then it takes the same labels, in the same order', () => {
  const labels = affected('ALERTS').match(/"\w+"/g)?.slice(1) ?? [];
  const values = Object.fromEntries(labels.map((label) => [JSON.parse(label), JSON.parse(label)]));
  expect(alertTitle({ name: 'Alert', labels: values })).toBe(`Alert of ${Object.keys(values).join(' ')}`);
  expect(Object.keys(values)).toEqual(
    expect.arrayContaining(Object.keys(burn).filter((name) => name !== 'severity')),
  );
});
