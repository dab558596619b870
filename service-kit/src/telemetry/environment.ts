import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { integerSetting } from '../config';

/** The short names of the instrumentations that run unless OTEL_NODE_ENABLED_INSTRUMENTATIONS says otherwise. */
export const DEFAULT_INSTRUMENTATIONS: readonly string[] = 'http,mysql2,undici,pino,runtime-node'.split(',');

const RATIO_SAMPLERS = ['traceidratio', 'parentbased_traceidratio'];
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

const detectors = someOf('env', 'host', 'os', 'process', 'serviceinstance');
const milliseconds = integerSetting(100, 3_600_000);
const queueSize = integerSetting(512, 1_000_000);
const logLevel = z
  .string()
  .toUpperCase()
  .pipe(oneOf(...'NONE,ERROR,WARN,INFO,DEBUG,VERBOSE,ALL'.split(',')));
const exporter = oneOf('otlp', 'none').default('otlp');

/**
 * The standard variables that are of use here, with this project's defaults. The SDK ignores a bad value, and says so
 * only where OTEL_LOG_LEVEL is set; here a bad value is refused.
 * Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export const telemetrySettings = z
  .looseObject({
    OTEL_SDK_DISABLED: z.string().toLowerCase().pipe(oneOf('true', 'false')).default('false'),
    OTEL_LOG_LEVEL: logLevel.optional(),
    OTEL_NODE_ENABLED_INSTRUMENTATIONS: instrumentations.default([...DEFAULT_INSTRUMENTATIONS]),
    OTEL_NODE_DISABLED_INSTRUMENTATIONS: instrumentations.optional(),
    // Not parent-based: callers could ask not to be traced.
    OTEL_TRACES_SAMPLER: oneOf(...OTHER_SAMPLERS, ...RATIO_SAMPLERS).default('always_on'),
    OTEL_TRACES_SAMPLER_ARG: z
      .string()
      .regex(/^(?:0?\.\d+|[01]|0\.|1\.0*)$/, 'must be a share from 0 to 1, such as 0.1')
      .optional(),
    OTEL_TRACES_EXPORTER: exporter,
    OTEL_METRICS_EXPORTER: exporter,
    OTEL_LOGS_EXPORTER: exporter,
    // It is also how long a batch is held: an outage of half a minute loses nothing below 270 spans a second.
    OTEL_EXPORTER_OTLP_TIMEOUT: milliseconds.default(30_000),
    OTEL_BSP_SCHEDULE_DELAY: milliseconds.default(1000),
    OTEL_BSP_MAX_QUEUE_SIZE: queueSize.default(8192),
    OTEL_BLRP_SCHEDULE_DELAY: milliseconds.default(1000),
    OTEL_BLRP_MAX_QUEUE_SIZE: queueSize.default(8192),
    OTEL_METRIC_EXPORT_INTERVAL: milliseconds.default(5000),
    OTEL_METRIC_EXPORT_TIMEOUT: milliseconds.optional(),
    OTEL_PROPAGATORS: someOf('tracecontext', 'baggage', 'b3', 'b3multi').default(['tracecontext']),
    OTEL_NODE_RESOURCE_DETECTORS: detectors.default(['env', 'host', 'process', 'serviceinstance']),
  })
  .superRefine((set, { addIssue }) => {
    for (const [name, value] of Object.entries(set)) {
      const message = complaint(name, String(value), set);
      if (message) addIssue({ code: 'custom', path: [name], message });
    }
  });

export type TelemetrySettings = z.output<typeof telemetrySettings>;

/** Without a scheme the exporter speaks TLS, and without a port it takes 443, also for http. */
const ADDRESS = /^(?:http:\/\/(?:\[[^\]\s]+\]|[^\s/:@[]+):\d+|https:\/\/[^\s/@]+)(?:\/.*)?$/;

/** A header of another form would silence its signal: the exporter sends nothing, and no loss is counted. */
const HEADER = /^\s*(?:[\w.-]+\s*=[\x20-\x7e]*)?$/;

/** Standard variables that this set-up does not read. */
const WITHOUT_EFFECT =
  /^OTEL_(?:CONFIG_FILE|NODE_EXPERIMENTAL_SDK_METRICS|(?:SPAN_|LOGRECORD_)?ATTRIBUTE_VALUE_LENGTH_LIMIT|B(?:S|LR)P_(?:EXPORT_TIMEOUT|MAX_EXPORT_BATCH_SIZE)|EXPORTER_OTLP_(?:\w+_TIMEOUT|METRICS_TEMPORALITY_PREFERENCE))$/;

/** Says what is wrong with a variable that varies by signal, or whose value hangs on another one's. */
function complaint(name: string, value: string, set: Record<string, unknown>): string | undefined {
  const isAddress = ADDRESS.test(value) && URL.canParse(value);
  if (/^OTEL_EXPORTER_OTLP_(?:\w+_)?ENDPOINT$/.test(name) && !isAddress)
    return 'must be an address with scheme and, for http, port, such as http://localhost:4317';
  if (/^OTEL_EXPORTER_OTLP_(?:\w+_)?PROTOCOL$/.test(name) && value !== 'grpc') return 'must be grpc';
  if (WITHOUT_EFFECT.test(name)) return 'has no effect on the services: unset it';
  if (name === 'OTEL_SERVICE_NAME') return 'would give all services one name: unset it';
  if (/^OTEL_EXPORTER_OTLP_(?:\w+_)?COMPRESSION$/.test(name) && !['gzip', 'none'].includes(value))
    return 'must be gzip or none';
  if (
    /^OTEL_EXPORTER_OTLP_(?:\w+_)?HEADERS$/.test(name) &&
    !value.split(',').every((pair) => HEADER.test(pair))
  )
    return 'must be pairs such as name=value, with commas between';
  if (name === 'OTEL_RESOURCE_ATTRIBUTES' && /(?:^|,)\s*service\.name\s*=/.test(decoded(value)))
    return 'must leave out service.name, or all services would have the same';
  if (name === 'OTEL_TRACES_SAMPLER_ARG' && !RATIO_SAMPLERS.includes(String(set.OTEL_TRACES_SAMPLER)))
    return `needs OTEL_TRACES_SAMPLER=${RATIO_SAMPLERS.join(' or ')}`;
  if (name === 'OTEL_METRIC_EXPORT_TIMEOUT' && Number(value) > Number(set.OTEL_METRIC_EXPORT_INTERVAL))
    return 'must not be longer than OTEL_METRIC_EXPORT_INTERVAL';
  return undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Writes this project's defaults into `process.env`, for what the SDK reads only there. */
export function passOn(settings: TelemetrySettings): void {
  // biome-ignore lint/style/noProcessEnv: for the SDK
  Object.assign(process.env, {
    OTEL_NODE_ENABLED_INSTRUMENTATIONS: settings.OTEL_NODE_ENABLED_INSTRUMENTATIONS.join(),
    OTEL_TRACES_SAMPLER: settings.OTEL_TRACES_SAMPLER,
    // Characters: like a span's, a log record's share of a batch is bounded. Its texts are masked before.
    OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: 4000,
    OTEL_PROPAGATORS: settings.OTEL_PROPAGATORS.join(),
    OTEL_NODE_RESOURCE_DETECTORS: settings.OTEL_NODE_RESOURCE_DETECTORS.join(),
  });
}

/** The short names of the instrumentations in the bundle. Its manifest lists them; loading it would cost 30 MB. */
function bundledInstrumentations(): readonly string[] {
  const manifest = join(require.resolve('@opentelemetry/auto-instrumentations-node'), '../../package.json');
  const { dependencies } = z
    .object({ dependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(manifest, 'utf8')));
  return Object.keys(dependencies).flatMap((name) => name.split('/instrumentation-')[1] ?? []);
}
