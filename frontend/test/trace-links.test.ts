import { expect, test } from 'vitest';
import { logsLink, type TelemetryUrls, traceLink } from '../src/trace-links';

const [consoleUrl, jaegerUrl, grafanaUrl] = [
  'http://console.test',
  'http://jaeger.test',
  'http://grafana.test',
];

test.for<[string, TelemetryUrls, string | undefined, string | undefined]>([
  ['nothing is there to look with', {}, undefined, undefined],
  ['there is the console only', { consoleUrl }, `${consoleUrl}/trace/abc`, undefined],
  ['there are Jaeger and Grafana', { jaegerUrl, grafanaUrl }, `${jaegerUrl}/trace/abc`, grafanaUrl],
  ['someone set Jaeger beside the console', { consoleUrl, jaegerUrl }, `${jaegerUrl}/trace/abc`, undefined],
  [
    'someone set Grafana beside the console',
    { consoleUrl, grafanaUrl },
    `${consoleUrl}/trace/abc`,
    grafanaUrl,
  ],
])('When %s, then links lead there, and nowhere else', ([, telemetryUrls, toTrace, toLogs]) => {
  expect(traceLink(telemetryUrls, 'abc')).toBe(toTrace);
  const logs = logsLink(telemetryUrls, 'abc');
  expect(logs && new URL(logs).origin).toBe(toLogs);
});
