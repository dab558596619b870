import { backendAddress, reachableHost } from './addresses.ts';
import { createBackendParts } from './backend-parts.ts';
import { withoutEmpty } from './env-file.ts';
import type { DatabasePart, Part, Schema, ServicePart } from './part.ts';
import type { PartName } from './part-names.ts';
import type { Settings } from './settings.ts';

/** The parts of native mode, in the order in which they are listed. */
export function createParts(settings: Settings): readonly Part[] {
  const { ports, values } = settings;
  const host = reachableHost(values.BIND_ADDRESS);
  const urlOf = (part: PartName) => `http://${host}:${ports[part]}`;
  const collector = `http://${reachableHost(backendAddress(values.BIND_ADDRESS))}`;

  const schema = (name: string, user: string, of: 'USER' | 'PRODUCT' | 'ORDER' | 'SESSION'): Schema => ({
    ...{ name, user, password: values[`${of}_DB_PASSWORD`] },
    migrations: { user: `${user}_migrations`, password: values[`${of}_DB_MIGRATION_PASSWORD`] },
  });
  const userSchema = schema('user_dbase', 'user_service', 'USER');
  const productSchema = schema('product_dbase', 'product_service', 'PRODUCT');
  const orderSchema = schema('order_dbase', 'order_service', 'ORDER');
  const sessionSchema = schema('session_dbase', 'frontend', 'SESSION');

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
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector}:${ports['otel-collector']}`,
      ...settings.passedOn,
      NODE_ENV: 'production',
      HOST: values.BIND_ADDRESS,
      PORT: String(ports[name]),
      // At a restart the new process listens beside the old one.
      REUSE_PORT: 'true',
      LOG_LEVEL: values.LOG_LEVEL,
      FAULT_TOKEN: values.FAULT_TOKEN,
      DB_HOST: '127.0.0.1',
      DB_PORT: String(ports[server]),
      DB_USER: schema.user,
      DB_PASSWORD: schema.password,
      DB_NAME: schema.name,
      DB_MIGRATION_USER: schema.migrations.user,
      DB_MIGRATION_PASSWORD: schema.migrations.password,
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
      RUM: values.RUM,
      COLLECTOR_URL: values.COLLECTOR_URL ?? `${collector}:${ports['otel-collector-http']}`,
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
