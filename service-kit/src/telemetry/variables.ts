import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { integerSetting } from '../config';

/**
 * The variables of OpenTelemetry: what the services do with each. The check at the start, the variables of the containers
 * and the table in docs/telemetry.md come from here. Sources:
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/,
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/, and the code of the packages for those of Node.
 */

/** The short names of the instrumentations that run unless OTEL_NODE_ENABLED_INSTRUMENTATIONS says otherwise. */
export const DEFAULT_INSTRUMENTATIONS: readonly string[] = 'http,mysql2,undici,pino,runtime-node'.split(',');

export const RATIO_SAMPLERS = ['traceidratio', 'parentbased_traceidratio'];
const OTHER_SAMPLERS = 'always_on,always_off,parentbased_always_on,parentbased_always_off'.split(',');

const oneOf = (...values: string[]) =>
  z.string().refine((value) => values.includes(value), `must be ${values.join(' or ')}`);

const someOf = (...names: string[]) =>
  z
    .string()
    .transform((list) => list.split(',').map((name) => name.trim()))
    .refine(
      (list) => list.every((name) => names.includes(name)) || list.join() === 'none',
      `must list, with commas, some of ${names.join(', ')}; or be none`,
    );
const instrumentations = someOf(...bundledInstrumentations());

const milliseconds = integerSetting(100, 3_600_000);
const scheduleDelay = milliseconds.default(1000).describe('how late spans and log records arrive, in ms');
const queueSize = integerSetting(512, 1_000_000)
  .default(8192)
  .describe('how much of a burst, or of an outage of the collector, arrives');
const count = integerSetting(1, 10_000);
const attributeCount = count.optional().describe('the same for spans alone, or for log records alone');
const lesserCount = count
  .default(128)
  .describe('the most events and links of a span, and attributes of each');
const exporter = oneOf('otlp', 'none').default('otlp').describe('`none`: one signal less');

/** Without a scheme the exporter speaks TLS; without a port, or with 80, it takes 443, also for http. */
const ADDRESS = /^(?:http:\/\/(?:\[[^\]\s]+\]|[^\s/\\?#:@[]+):(?!0*80\/?$)\d+|https:\/\/[^\s/\\?#@]+)\/?$/;

const endpoint = z
  .string()
  .refine(
    (value) => ADDRESS.test(value) && URL.canParse(value),
    'must be an address for gRPC, with scheme, without path or query and, for http, with a port other than 80, such as http://localhost:4317',
  )
  .optional()
  .describe("another collector than the shop's, by gRPC: `http://` or `https://`, host and port");

const headers = z
  .string()
  .refine((list) => list.split(',').every(isHeader), 'must be pairs such as name=value, with commas between')
  .optional()
  .describe('what a collector elsewhere wants to see, such as an api key');

const certificate = z
  .string()
  .refine((path) => readCertificate(path) !== undefined, 'must be the path of a certificate in PEM')
  .optional()
  .describe('for an endpoint with `https://`: the certificate of its authority, or the own one');
const privateKey = z
  .string()
  .refine((path) => readKey(path) !== undefined, 'must be the path of a private key in PEM')
  .optional()
  .describe('the private key of the own certificate');

const resourceAttributes = z
  .string()
  .refine(
    (list) => pairsOf(list).every(isAttribute),
    'must be pairs such as team=a, with commas between; a comma or = within a value is written %2C or %3D',
  )
  .refine(
    (list) => !pairsOf(list).some((pair) => /^\s*service\.name(?:space)?\s*=/.test(decoded(pair) ?? '')),
    'must leave out service.name and service.namespace, which tell the services apart and find them in Loki and Prometheus',
  )
  .optional();

/** The variables that take effect, with their checks and defaults. The description says what a value shows or does. */
export const honoured = {
  OTEL_NODE_ENABLED_INSTRUMENTATIONS: instrumentations
    .default([...DEFAULT_INSTRUMENTATIONS])
    .describe(
      "`none`: only what the shop's own code makes. Added `express`: a span for each middleware. It is not in the list, since the routes are known without it",
    ),
  OTEL_NODE_DISABLED_INSTRUMENTATIONS: instrumentations
    .optional()
    .describe(
      '`http`: statements and calls without the request that they belong to, and no metric of requests, so HighErrorRate and HighLatency cannot fire; `undici`: traces that end at each service; `pino`: no log records, and lines without a trace id; `runtime-node`: nothing of the event loop and the heap',
    ),
  // Not parent-based: callers could ask not to be traced.
  OTEL_TRACES_SAMPLER: oneOf(...OTHER_SAMPLERS, ...RATIO_SAMPLERS)
    .default('always_on')
    .describe(
      '`parentbased_traceidratio`: whole traces, as many as the next line says. An answer whose trace is left out names none',
    ),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(?:0?\.\d+|[01]|0\.|1\.0*)$/, 'must be a share from 0 to 1, such as 0.1')
    .optional()
    .describe('`0.1`: one trace of ten'),
  OTEL_SDK_DISABLED: z
    .string()
    .toLowerCase()
    .refine(
      (value) => value === 'true' || value === 'false',
      'must be true or false; the specification takes nothing else for true, not even 1',
    )
    .default('false')
    .describe(
      '`true`: the shop alone, without the SDK in memory. The specification takes nothing else for true, not even `1`',
    ),
  OTEL_LOG_LEVEL: z
    .string()
    .toUpperCase()
    .pipe(oneOf(...'NONE,ERROR,WARN,INFO,DEBUG,VERBOSE,ALL'.split(',')))
    .default('NONE')
    .describe("`DEBUG`: what the SDK and the instrumentations do, on the services' output"),
  OTEL_TRACES_EXPORTER: exporter,
  OTEL_METRICS_EXPORTER: exporter,
  OTEL_LOGS_EXPORTER: exporter,
  ...perSignal('ENDPOINT', endpoint),
  // It is also how long a batch is held: an outage of half a minute loses nothing below 270 spans a second.
  OTEL_EXPORTER_OTLP_TIMEOUT: milliseconds
    .default(30_000)
    .describe('the time in ms for which a batch is held that the collector does not take'),
  OTEL_BSP_SCHEDULE_DELAY: scheduleDelay,
  OTEL_BLRP_SCHEDULE_DELAY: scheduleDelay,
  OTEL_BSP_MAX_QUEUE_SIZE: queueSize,
  OTEL_BLRP_MAX_QUEUE_SIZE: queueSize,
  OTEL_METRIC_EXPORT_INTERVAL: milliseconds.default(5000).describe('how late metrics arrive, in ms'),
  OTEL_METRIC_EXPORT_TIMEOUT: milliseconds
    .optional()
    .describe('the time in ms that sending metrics may take: 4000, or the interval if that is shorter'),
  OTEL_RESOURCE_ATTRIBUTES: resourceAttributes.describe(
    '`team=a,deployment.environment.name=test`: everything sent has these attributes, instead of what a service would say. `service.name` and `service.namespace` are refused, since dashboards and queries go by them',
  ),
  OTEL_NODE_RESOURCE_DETECTORS: someOf('env', 'host', 'os', 'process', 'serviceinstance')
    .default(['env', 'host', 'process', 'serviceinstance'])
    .describe(
      'fewer or more attributes of host and process; without `env`, OTEL_RESOURCE_ATTRIBUTES is refused',
    ),
  OTEL_PROPAGATORS: someOf('tracecontext', 'baggage', 'b3', 'b3multi')
    .default(['tracecontext'])
    .describe('`none`: traces that end at each service; `b3`: headers of Zipkin between the services'),
  ...perSignal('HEADERS', headers),
  ...perSignal(
    'COMPRESSION',
    oneOf('gzip', 'none').optional().describe('`gzip`: fewer bytes to a collector elsewhere, more CPU'),
  ),
  ...perSignal('CERTIFICATE', certificate),
  ...perSignal('CLIENT_CERTIFICATE', certificate),
  ...perSignal('CLIENT_KEY', privateKey),
  OTEL_ATTRIBUTE_COUNT_LIMIT: count.default(128).describe('the most attributes of a span or log record'),
  OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: attributeCount,
  OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: attributeCount,
  OTEL_SPAN_EVENT_COUNT_LIMIT: lesserCount,
  OTEL_SPAN_LINK_COUNT_LIMIT: lesserCount,
  OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: lesserCount,
  OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: lesserCount,
  ...perSignal('PROTOCOL', oneOf('grpc').default('grpc').describe('no other protocol')),
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: oneOf('cumulative')
    .default('cumulative')
    .describe('no other, since Prometheus takes no other'),
  OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: oneOf('explicit_bucket_histogram')
    .default('explicit_bucket_histogram')
    .describe('no other: the shop sets the buckets'),
};

const LENGTH = 'the shop masks secrets before it cuts a text, and so sets the lengths itself: unset it';
const BATCH_TIME = 'a batch is held for as long as OTEL_EXPORTER_OTLP_TIMEOUT says: set that';
const BATCH_SIZE = 'a batch has at most 512 items, which the collector is sure to take: unset it';
const PULL =
  'services serve no metrics; Prometheus reads them from the collector, at OTEL_COLLECTOR_METRICS_PORT: unset it';
const ZIPKIN = 'services send to the collector only: add an exporter to otel-collector-config.yaml instead';
const CONFIG_FILE = 'services read no such file: set variables instead';

/** The variables that are refused: why, and what helps. */
export const refused: Readonly<Record<string, string>> = {
  OTEL_SERVICE_NAME:
    'all services would have one name: unset it, and tell shops apart by OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=test',
  OTEL_ENTITIES: 'the SDK for Node does not read it: set OTEL_RESOURCE_ATTRIBUTES',
  OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: LENGTH,
  OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: LENGTH,
  OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: LENGTH,
  OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT:
    'its standard name is OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: set that',
  OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT: 'its standard name is OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: set that',
  OTEL_BSP_EXPORT_TIMEOUT: BATCH_TIME,
  OTEL_BLRP_EXPORT_TIMEOUT: BATCH_TIME,
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: BATCH_SIZE,
  OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: BATCH_SIZE,
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: BATCH_TIME,
  OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: BATCH_TIME,
  OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: 'OTEL_METRIC_EXPORT_TIMEOUT says it: set that',
  ...perSignal('INSECURE', 'http:// or https:// in the endpoint says it: unset it'),
  OTEL_METRICS_EXEMPLAR_FILTER:
    'the SDK for Node makes no exemplars; the collector makes them, from spans: unset it',
  OTEL_EXPORTER_PROMETHEUS_HOST: PULL,
  OTEL_EXPORTER_PROMETHEUS_PORT: PULL,
  OTEL_EXPORTER_ZIPKIN_ENDPOINT: ZIPKIN,
  OTEL_EXPORTER_ZIPKIN_TIMEOUT: ZIPKIN,
  OTEL_CONFIG_FILE: CONFIG_FILE,
  OTEL_EXPERIMENTAL_CONFIG_FILE: CONFIG_FILE,
  OTEL_NODE_EXPERIMENTAL_SDK_METRICS: 'spans and log records would be counted twice: unset it',
  OTEL_SEMCONV_STABILITY_OPT_IN: 'no instrumentation reads it; the names are the stable ones: unset it',
};

/** The same for all signals and for each, where the latter takes precedence. */
function perSignal<Value>(name: string, value: Value): Record<string, Value> {
  const signals = ['', 'TRACES_', 'METRICS_', 'LOGS_'];
  return Object.fromEntries(signals.map((signal) => [`OTEL_EXPORTER_OTLP_${signal}${name}`, value]));
}

/** Undefined when the file is no certificate, or cannot be read: the exporter would go on without it. */
export function readCertificate(path: string): X509Certificate | undefined {
  try {
    return new X509Certificate(readFileSync(path));
  } catch {
    return undefined;
  }
}

/** Undefined when the file is no private key, or cannot be read. */
export function readKey(path: string): KeyObject | undefined {
  try {
    return createPrivateKey(readFileSync(path));
  } catch {
    return undefined;
  }
}

/** A header of another form would be left out, or silence its signal. gRPC takes the values of `-bin` as bytes only. */
function isHeader(pair: string): boolean {
  const [, value] = /^\s*[\w.-]+(?<!-bin)\s*=([^;]+)$/i.exec(pair) ?? [];
  return pair.trim() === '' || /^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/.test(decoded(value ?? '') ?? '');
}

function pairsOf(list: string): string[] {
  return list.split(',').filter((pair) => pair.trim() !== '');
}

/** For one attribute of another form, the SDK leaves out all of them. */
function isAttribute(pair: string): boolean {
  const texts = pair.split('=').map((text) => decoded(text.trim()));
  return (
    texts.length === 2 && texts[0] !== '' && texts.every((text) => text !== undefined && text.length <= 255)
  );
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The short names of the instrumentations in the bundle. Its manifest lists them; loading it would cost 30 MB. */
function bundledInstrumentations(): readonly string[] {
  const manifest = join(require.resolve('@opentelemetry/auto-instrumentations-node'), '../../package.json');
  const { dependencies } = z
    .object({ dependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(manifest, 'utf8')));
  return Object.keys(dependencies).flatMap((name) => name.split('/instrumentation-')[1] ?? []);
}
