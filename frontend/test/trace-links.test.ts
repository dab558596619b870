import { expect, test } from 'vitest';
import { logsLink, type TelemetryUrls, traceLink } from '../src/trace-links';

const [consoleUrl, jaegerUrl, grafanaUrl] = [
  'http://console.test',
  'http://jaeger.test',
  'http://grafana.test',
];

test.for<[string, TelemetryUrls, string | undefined, string | undefined]>([
  ['no tool is configured', {}, undefined, undefined],
  ['only the console is configured', { consoleUrl }, `${consoleUrl}/trace/abc`, undefined],
  ['Jaeger and Grafana are configured', { jaegerUrl, grafanaUrl }, `${jaegerUrl}/trace/abc`, grafanaUrl],
  ['Jaeger is configured beside the console', { consoleUrl, jaegerUrl }, `${jaegerUrl}/trace/abc`, undefined],
  [
    'Grafana is configured beside the console',
    { consoleUrl, grafanaUrl },
    `${consoleUrl}/trace/abc`,
    grafanaUrl,
  ],
])('When %s, then the links lead there and nowhere else', ([, telemetryUrls, toTrace, toLogs]) => {
  expect(traceLink(telemetryUrls, 'abc')).toBe(toTrace);
  const logs = logsLink(telemetryUrls, 'abc');
  expect(logs && new URL(logs).origin).toBe(toLogs);
});
