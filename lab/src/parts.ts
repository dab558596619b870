import { createBackendParts } from './backend-parts.ts';
import { type Variables, withoutEmpty } from './env-file.ts';
import type { PartName } from './part-names.ts';
import type { Settings } from './settings.ts';

/** A schema and the one account that may use it. */
export type Schema = { name: string; user: string; password: string };

type Common = {
  name: PartName;
  port: number;
  /** Others that it listens on, for its neighbours. */
  furtherPorts: readonly number[];
  /** What a person types: an address for a browser, or host and port for a database client. */
  address: string;
  /** The parts that it asks while it works. */
  needs: readonly PartName[];
};
export type DatabasePart = Common & { kind: 'database'; schemas: readonly Schema[] };
export type ServicePart = Common & { kind: 'service'; readyzUrl: string; environment: Variables };
/** What keeps or hands on telemetry: one of the `backendNames`. `environment` is what its configuration file asks for. */
export type BackendPart = Common & {
  kind: 'backend';
  name: BackendName;
  readyUrl: string;
  environment: Variables;
};
/** What shows telemetry to a person. */
export type ViewerPart = Common & {
  kind: 'viewer';
  name: 'grafana' | 'console';
  readyUrl: string;
  environment: Variables;
};
export type Part = DatabasePart | ServicePart | BackendPart | ViewerPart;

/** In the order in which they are needed: without the collector nothing arrives anywhere. */
export const backendNames = ['otel-collector', 'prometheus', 'loki', 'jaeger'] as const;
export type BackendName = (typeof backendNames)[number];

/** The parts of native mode, as `settings` want them, in the order in which they are listed. */
export function createParts(settings: Settings): readonly Part[] {
  const { ports, values } = settings;
  const host = reachableHost(values.BIND_ADDRESS);
  const urlOf = (part: PartName) => `http://${host}:${ports[part]}`;
  const collector = `http://${reachableHost(backendAddress(values.BIND_ADDRESS))}:${ports['otel-collector']}`;

  const userSchema = { name: 'user_dbase', user: 'user_service', password: values.USER_DB_PASSWORD };
  const productSchema = {
    name: 'product_dbase',
    user: 'product_service',
    password: values.PRODUCT_DB_PASSWORD,
  };
  const orderSchema = { name: 'order_dbase', user: 'order_service', password: values.ORDER_DB_PASSWORD };
  const sessionSchema = { name: 'session_dbase', user: 'frontend', password: values.SESSION_DB_PASSWORD };

  const database = (name: PartName, schemas: readonly Schema[]): DatabasePart => ({
    ...{ kind: 'database', name, schemas, needs: [] },
    ...{ port: ports[name], furtherPorts: [], address: `127.0.0.1:${ports[name]}` },
  });
  const service = (
    name: PartName,
    [server, schema]: readonly [PartName, Schema],
    neighbours: readonly PartName[],
    own: NodeJS.Dict<string> = {},
  ): ServicePart => ({
    ...{ kind: 'service', name, needs: [server, ...neighbours, 'otel-collector'] },
    ...{ port: ports[name], furtherPorts: [], address: urlOf(name), readyzUrl: `${urlOf(name)}/readyz` },
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector,
      ...settings.passedOn,
      NODE_ENV: 'production',
      HOST: values.BIND_ADDRESS,
      PORT: String(ports[name]),
      LOG_LEVEL: values.LOG_LEVEL,
      DB_HOST: '127.0.0.1',
      DB_PORT: String(ports[server]),
      DB_USER: schema.user,
      DB_PASSWORD: schema.password,
      DB_NAME: schema.name,
      USER_SERVICE_URL: urlOf('user-service'),
      PRODUCT_SERVICE_URL: urlOf('product-service'),
      ORDER_SERVICE_URL: urlOf('order-service'),
      ...withoutEmpty(own),
    },
  });

  return [
    service('frontend', ['user_dbase', sessionSchema], ['user-service', 'product-service', 'order-service'], {
      SESSION_SECRET: values.SESSION_SECRET,
      CONSOLE_URL: urlOf('console'),
      JAEGER_URL: values.JAEGER_URL,
      GRAFANA_URL: values.GRAFANA_URL,
    }),
    service('user-service', ['user_dbase', userSchema], [], {
      ADMIN_PASSWORD: values.ADMIN_PASSWORD,
      BCRYPT_COST: values.BCRYPT_COST?.toString(),
      API_KEY_TTL_HOURS: values.API_KEY_TTL_HOURS?.toString(),
    }),
    service('product-service', ['product_dbase', productSchema], ['user-service']),
    service('order-service', ['order_dbase', orderSchema], ['user-service', 'product-service']),
    ...createBackendParts(settings),
    database('user_dbase', [userSchema, sessionSchema]),
    database('product_dbase', [productSchema]),
    database('order_dbase', [orderSchema]),
  ];
}

/** The backends' files put a port behind their address, which an IPv6 one would not survive. */
export function backendAddress(bindAddress: string): string {
  return bindAddress.includes(':') ? '127.0.0.1' : bindAddress;
}

/** Where a service that listens on `bindAddress` can be asked from this machine, as part of a URL. */
export function reachableHost(bindAddress: string): string {
  if (bindAddress === '0.0.0.0' || bindAddress === '::') return '127.0.0.1';
  return bindAddress.includes(':') ? `[${bindAddress}]` : bindAddress;
}
