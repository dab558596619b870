import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { telemetrySettings } from '../src/telemetry/environment';
import { refused } from '../src/telemetry/variables';

/** Returns the messages about invalid variables by name. */
function complaints(variables: Record<string, string>): Record<string, string> {
  const { error } = telemetrySettings.safeParse(variables);
  return Object.fromEntries((error?.issues ?? []).map(({ path, message }) => [path.join('.'), message]));
}

const ADDRESS = expect.stringContaining('http://localhost:4317');
const ATTRIBUTES = expect.stringContaining('such as team=a');
const HEADERS = expect.stringContaining('name=value');
const CERTIFICATE = join(__dirname, 'localhost.pem');
const NAMES = expect.stringMatching(/\bexpress, .*\bhttp, .*\bmysql2, .*\bundici, .*none$/);

describe('When a variable is invalid, then the service refuses it and lists what is allowed', () => {
  test.for<[variable: string, value: string, says: unknown]>([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://exa mple:4317', ADDRESS],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4317', ADDRESS],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://localhost:4317', ADDRESS],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://localhost', ADDRESS],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://localhost:99999', ADDRESS],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://localhost:80', ADDRESS],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://localhost:4318/v1/traces', ADDRESS],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://collector.example/otlp', ADDRESS],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://collector.example?x=1', ADDRESS],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://collector.example#x', ADDRESS],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector?a:4317', ADDRESS],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector\\a:4317', ADDRESS],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'collector', ADDRESS],
    ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', ':4317', ADDRESS],
    ['OTEL_EXPORTER_OTLP_LOGS_ENDPOINT', 'http://:4317', ADDRESS],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http/protobuf', 'must be grpc'],
    ['OTEL_EXPORTER_OTLP_LOGS_PROTOCOL', 'http/json', 'must be grpc'],
    ['OTEL_TRACES_EXPORTER', 'jaeger', 'must be otlp or none'],
    ['OTEL_SDK_DISABLED', '1', expect.stringContaining('not even 1')],
    ['OTEL_LOG_LEVEL', 'chatty', expect.stringContaining('DEBUG')],
    ['OTEL_TRACES_SAMPLER', 'sometimes', expect.stringContaining('parentbased_traceidratio')],
    ['OTEL_TRACES_SAMPLER_ARG', '0.1', expect.stringContaining('traceidratio')],
    ['OTEL_NODE_ENABLED_INSTRUMENTATIONS', 'htttp', NAMES],
    ['OTEL_NODE_ENABLED_INSTRUMENTATIONS', 'http,none', NAMES],
    ['OTEL_NODE_DISABLED_INSTRUMENTATIONS', '@opentelemetry/instrumentation-http', NAMES],
    ['OTEL_PROPAGATORS', 'jaeger', expect.stringContaining('tracecontext')],
    ['OTEL_NODE_RESOURCE_DETECTORS', 'cloud', expect.stringContaining('host')],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team=a, service.name=shop', expect.stringContaining('service.name')],
    ['OTEL_RESOURCE_ATTRIBUTES', 'service%2Ename=shop', expect.stringContaining('service.name')],
    ['OTEL_RESOURCE_ATTRIBUTES', 'service.namespace=shop', expect.stringContaining('service.name')],
    ['OTEL_RESOURCE_ATTRIBUTES', 'foo', ATTRIBUTES],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team=a,=b', ATTRIBUTES],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team=a=b', ATTRIBUTES],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team=%', ATTRIBUTES],
    ['OTEL_RESOURCE_ATTRIBUTES', `team=${'a'.repeat(256)}`, ATTRIBUTES],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'bad header=x', HEADERS],
    ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'a=1,b=zé', HEADERS],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a', HEADERS],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=', HEADERS],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%', HEADERS],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=b%0Ac', HEADERS],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=b;c', HEADERS],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a-bin=b', HEADERS],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd', 'must be gzip or none'],
    ['OTEL_METRIC_EXPORT_INTERVAL', '1', expect.stringContaining('100')],
    ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'delta', 'must be cumulative'],
    [
      'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION',
      'base2_exponential_bucket_histogram',
      'must be explicit_bucket_histogram',
    ],
    ['OTEL_SPAN_EVENT_COUNT_LIMIT', '-1', expect.stringContaining('from 1')],
    ['OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT', '0', expect.stringContaining('from 1')],
    ['OTEL_TRACE_SAMPLER', 'always_on', expect.stringContaining('did you mean OTEL_TRACES_SAMPLER?')],
    [
      'OTEL_EXPORTER_OTLP_ENDPOINTS',
      'x',
      expect.stringContaining('did you mean OTEL_EXPORTER_OTLP_ENDPOINT?'),
    ],
    ['OTEL_PYTHON_LOG_CORRELATION', 'true', expect.stringContaining('no such variable: unset it')],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '30s', expect.stringContaining('whole number')],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '1', expect.stringContaining('512')],
  ])('%s=%s', ([variable, value, says]) => {
    expect(complaints({ [variable]: value })).toEqual({ [variable]: says });
  });

  test.for(['10', 'abc', '-0.1', '1.5', '1e-1'])('OTEL_TRACES_SAMPLER_ARG=%s', (value) => {
    const sampler = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: value };
    expect(complaints(sampler)).toEqual({ OTEL_TRACES_SAMPLER_ARG: expect.stringContaining('0 to 1') });
  });

  test.for(Object.keys(refused))('%s', (name) => {
    expect(complaints({ [name]: '1' })).toEqual({ [name]: expect.stringMatching(/: (?:unset|set|add) /) });
  });

  test('resource attributes without the detector that reads them', () => {
    const lost = { OTEL_RESOURCE_ATTRIBUTES: 'team=a', OTEL_NODE_RESOURCE_DETECTORS: 'host' };
    expect(complaints(lost)).toEqual({ OTEL_RESOURCE_ATTRIBUTES: expect.stringContaining('env') });
  });

  test.for<[variable: string, value: string, says: string]>([
    ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/nowhere', 'must be the path of a certificate in PEM'],
    ['OTEL_EXPORTER_OTLP_CERTIFICATE', __filename, 'must be the path of a certificate in PEM'],
    ['OTEL_EXPORTER_OTLP_CLIENT_KEY', __filename, 'needs OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE'],
    ['OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE', __filename, 'needs OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY'],
  ])('%s=%s', ([variable, value, says]) => {
    const secure = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example' };
    expect(complaints({ ...secure, [variable]: value })).toEqual({ [variable]: says });
    expect(complaints({ [variable]: value })).toEqual({
      [variable]: expect.stringMatching(/^needs https in OTEL_EXPORTER_OTLP_(?:LOGS_)?ENDPOINT$/),
    });
  });

  test('a certificate of a signal that is sent by http, though another one is sent by https', () => {
    const certificate = { OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: CERTIFICATE };
    const refusal = {
      OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: 'needs https in OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    };
    const [http, https] = ['http://localhost:4317', 'https://collector.example'];
    expect(complaints({ ...certificate, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: https })).toEqual(refusal);
    const mixed = { OTEL_EXPORTER_OTLP_ENDPOINT: https, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: http };
    expect(complaints({ ...certificate, ...mixed })).toEqual(refusal);
  });

  test('an export timeout longer than the export interval', () => {
    const times = { OTEL_METRIC_EXPORT_INTERVAL: '1000', OTEL_METRIC_EXPORT_TIMEOUT: '2000' };
    expect(complaints(times)).toHaveProperty('OTEL_METRIC_EXPORT_TIMEOUT');
  });
});

test.for<Record<string, string>>([
  {},
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:8080', OTEL_LOG_LEVEL: 'debug' },
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example' },
  { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20b, x-team=shop', OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' },
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example:4317/' },
  { OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'https://localhost', OTEL_EXPORTER_OTLP_CERTIFICATE: CERTIFICATE },
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://localhost', OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE: CERTIFICATE },
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://[::1]:4317' },
  { OTEL_METRIC_EXPORT_INTERVAL: '2000', OTEL_RESOURCE_ATTRIBUTES: 'team=a,my.service.name=shop' },
  { OTEL_SDK_DISABLED: 'TRUE', OTEL_LOGS_EXPORTER: 'none' },
  { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '.5' },
  { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01' },
  { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http, express', OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'pino' },
  { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'none', OTEL_PROPAGATORS: 'b3' },
  { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_RESOURCE_ATTRIBUTES: ' team = a%2C%3D, empty=,' },
  { OTEL_COLLECTOR_PORT: '4417', OTEL_COLLECTOR_SERVICE_HOST: '10.0.0.1', PATH: '/bin' },
])('When the variables are %j, then they are accepted', (variables) => {
  expect(complaints(variables)).toEqual({});
});
