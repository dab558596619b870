import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { missingSecrets, readEnvFile, type Variables, withoutEmpty } from './env-file.ts';
import { UsageError } from './lab-error.ts';
import { type PortName, portNames, portVariable } from './part-names.ts';
import type { Start } from './shop-record.ts';

/** Absolute paths. `home` holds data, logs and run files. */
export type Places = { root: string; home: string; envFile: string };

export type Settings = Places & {
  ports: Record<PortName, number>;
  /** Values of variables that the user may set or that were generated. */
  values: z.output<typeof valuesSchema>;
  /** Variables of the environment that every service gets unchanged: PATH and the like, and OTEL_*. */
  passedOn: Variables;
  /** The folder of compiled programs, shared by all checkouts; absolute. */
  cache: string;
  /** Variables for the tools that download and compile: PATH and the like, proxies, and what Go and Docker read. */
  tools: Variables;
  /** Secrets, and the SHOP_ID, that were just generated and are not in the .env yet. */
  newSecrets: Variables;
  /** What a start with these settings leaves in the home for later commands. */
  start: Start;
  /** The absolute path of a file that the collector merges into its configuration when it is started with these settings. */
  overlay?: string;
};

/** The containers listen on these ports too, each inside its own network address. */
export const defaultPorts: Record<PortName, number> = {
  frontend: 5000,
  'user-service': 5001,
  'product-service': 5002,
  'order-service': 5003,
  'otel-collector': 4317,
  'otel-collector-http': 4318,
  'otel-collector-metrics': 8889,
  'otel-collector-health': 13133,
  'otel-collector-self': 8888,
  jaeger: 16686,
  'jaeger-otlp': 4319,
  'jaeger-grpc': 16685,
  'jaeger-health': 13134,
  'jaeger-self': 8887,
  prometheus: 9090,
  loki: 3100,
  'loki-grpc': 9095,
  grafana: 3000,
  alertmanager: 9093,
  console: 5004,
  user_dbase: 13306,
  product_dbase: 13307,
  order_dbase: 13308,
};

/** Ports above 1023 that fetch and browsers block; source: https://fetch.spec.whatwg.org/#port-blocking */
const blockedPorts = new Set([
  ...[1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000],
  ...[6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080],
]);

/** mysql/entrypoint.sh does not escape ' and \, so secrets must not contain them. */
const secret = z
  .string()
  .regex(/^[!-~]+$/, 'must be printable ASCII without spaces')
  .regex(/^[^'\\]*$/, "must have neither ' nor \\ in it");
const secretsSchema = z.object({
  SESSION_SECRET: secret.min(32, 'must have 32 characters at least'),
  USER_DB_PASSWORD: secret,
  PRODUCT_DB_PASSWORD: secret,
  ORDER_DB_PASSWORD: secret,
  SESSION_DB_PASSWORD: secret,
  USER_DB_MIGRATION_PASSWORD: secret,
  PRODUCT_DB_MIGRATION_PASSWORD: secret,
  ORDER_DB_MIGRATION_PASSWORD: secret,
  SESSION_DB_MIGRATION_PASSWORD: secret,
  DB_ROOT_PASSWORD: secret,
  FAULT_TOKEN: secret.min(16, 'must have 16 characters at least'),
});

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const address = z.url({ protocol: /^https?$/, error: 'must be an address such as http://127.0.0.1:16686' });
const valuesSchema = secretsSchema.extend({
  BIND_ADDRESS: z
    .string()
    .refine((value) => isIP(value) !== 0, 'must be an IP address')
    .default('127.0.0.1'),
  LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
  ALERTING: z.enum(['on', 'off'], 'must be on or off').default('off'),
  ADMIN_PASSWORD: z
    .string()
    .min(8, 'must have 8 characters at least')
    .refine((value) => Buffer.byteLength(value) <= 72, 'must have 72 bytes at most')
    .optional(),
  BCRYPT_COST: wholeNumber(4, 15).optional(),
  API_KEY_TTL_HOURS: wholeNumber(1, 8760).optional(),
  JAEGER_URL: address.optional(),
  GRAFANA_URL: address.optional(),
  RUM: z.enum(['on', 'off'], 'must be on or off').default('off'),
  SHOP_URL: address
    .refine(
      (url) => new URL(url).origin === url,
      'must be an address without a path, such as http://shop.example:5000',
    )
    .optional(),
  COLLECTOR_URL: address.optional(),
});

/** Matches the variables that a start may leave for later commands; .env knows the others. */
const remembered =
  /^(?:BIND_ADDRESS|LOG_LEVEL|ALERTING|BCRYPT_COST|API_KEY_TTL_HOURS|RUM|(?:JAEGER|GRAFANA|SHOP|COLLECTOR)_URL|OTEL_(?!.*HEADERS).*)$/;
/** Matches an address with a user or a password in it. Secrets are not left for later commands. */
const credentials = /:\/\/[^/?#]*@/;

const portsSchema = z.object({
  PORT_OFFSET: wholeNumber(0, 65_535).default(0),
  ...Object.fromEntries(portNames.map((port) => [portVariable(port), wholeNumber(1, 65_535).optional()])),
});

/** The home is VITRINE_HOME, with `.env` inside, or `.vitrine` at the root of the repository, with `.env` beside it. */
export function findPlaces(environment: NodeJS.Dict<string>): Places {
  const root = resolve(import.meta.dirname, '../..');
  const { VITRINE_HOME } = withoutEmpty(environment);
  if (VITRINE_HOME === undefined) return { root, home: join(root, '.vitrine'), envFile: join(root, '.env') };
  const home = resolve(VITRINE_HOME);
  return { root, home, envFile: join(home, '.env') };
}

/**
 * Reads the settings from `environment`; for variables that it lacks, from those of the `running` shop, and then from
 * `places.envFile`. Generates secrets that neither has. Throws a UsageError that names each bad variable and what is
 * allowed.
 */
export function readSettings(
  places: Places,
  environment: NodeJS.Dict<string>,
  running: Start = { ports: {}, variables: {} },
): Settings {
  const inFile = readEnvFile(places.envFile);
  if (inFile.VITRINE_HOME !== undefined) {
    throw new UsageError(`VITRINE_HOME cannot be set in ${places.envFile}: set it in the environment.`);
  }
  // SHOP_ID tells the shop from others in Docker, also after it was moved.
  const newSecrets = missingSecrets([...Object.keys(secretsSchema.shape), 'SHOP_ID'], inFile);
  const fromShell = { ...running.variables, ...withoutEmpty(environment) };
  const given = { ...newSecrets, ...inFile, ...fromShell };
  const { PORT_OFFSET, ...moved } = parse(portsSchema, given);
  const ports = { ...choosePorts(PORT_OFFSET, moved), ...running.ports };
  const values = parse(valuesSchema, given);
  const kept = Object.entries(fromShell).filter(
    ([name, value]) => remembered.test(name) && !credentials.test(value),
  );
  return {
    ...places,
    ports,
    values,
    passedOn: choose(given, /^OTEL_(?!COLLECTOR_)/),
    cache: join(given.XDG_CACHE_HOME ?? join(given.HOME ?? homedir(), '.cache'), 'vitrine'),
    tools: choose(given, /^(?:GO|XDG_|SSL_CERT_|DOCKER_)|_proxy$/i),
    newSecrets,
    start: { ports, variables: { ...Object.fromEntries(kept), BIND_ADDRESS: values.BIND_ADDRESS } },
  };
}

function wholeNumber(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}

function parse<Schema extends z.ZodType>(schema: Schema, given: Variables): z.output<Schema> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new UsageError(
    result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}.`).join('\n'),
  );
}

function choosePorts(offset: number, moved: Record<string, number | undefined>): Record<PortName, number> {
  const ports = { ...defaultPorts };
  const nameAt = new Map<number, PortName>();
  for (const name of portNames) {
    const variable = portVariable(name);
    const port = (moved[variable] ?? defaultPorts[name]) + offset;
    if (port > 65_535) {
      throw new UsageError(`PORT_OFFSET ${offset} moves ${name} to port ${port}; the highest port is 65535.`);
    }
    if (blockedPorts.has(port)) {
      throw new UsageError(
        `${variable} and PORT_OFFSET move ${name} to port ${port}, which browsers refuse to open: choose another.`,
      );
    }
    const other = nameAt.get(port);
    if (other) throw new UsageError(`${portVariable(other)} and ${variable} are both ${port - offset}.`);
    nameAt.set(port, name);
    ports[name] = port;
  }
  return ports;
}

/** The variables that every program gets, and those whose names match the pattern. */
function choose(given: Variables, pattern: RegExp): Variables {
  const basics = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'NODE_OPTIONS', 'TMPDIR', 'TZ'];
  return Object.fromEntries(
    Object.entries(given).filter(([name]) => basics.includes(name) || pattern.test(name)),
  );
}
