import { reachableHost } from '../addresses.ts';
import type { PartName, PortName } from '../part-names.ts';
import { whyNotOk, whyServiceNotReady } from '../readiness.ts';
import type { Settings } from '../settings.ts';
import type { Container } from './containers.ts';

/** One part as a container. */
export type DockerPart = {
  name: PartName;
  isService: boolean;
  /** The database that a service needs to become ready. */
  database?: PartName;
  address: string;
  /** The ports of this machine that lead to it. */
  publishedPorts: readonly number[];
  /** Why its running container is not ready; undefined when it is. */
  whyNotReady: (container: Container) => Promise<string | undefined>;
};

const checkTimeoutMs = 2000;

/** The twelve parts of docker-compose.yml, and Alertmanager with ALERTING=on, in the order in which they are listed. */
export function createDockerParts({ ports, values }: Settings): readonly DockerPart[] {
  const host = reachableHost(values.BIND_ADDRESS);
  const urlOf = (port: PortName) => `http://${host}:${ports[port]}`;

  const service = (name: PartName, database: PartName): DockerPart => ({
    ...{ name, isService: true, database, address: urlOf(name), publishedPorts: [ports[name]] },
    whyNotReady: () => whyServiceNotReady(`${urlOf(name)}/readyz`, checkTimeoutMs),
  });
  // Readiness is asked from outside: not every image has an HTTP client inside.
  const backend = (name: PartName, readyUrl: string, further: readonly PortName[] = []): DockerPart => ({
    ...{ name, isService: false, address: urlOf(name) },
    publishedPorts: [name, ...further].map((port) => ports[port]),
    whyNotReady: () => whyNotOk(readyUrl, checkTimeoutMs),
  });
  const database = (name: PartName): DockerPart => ({
    ...{ name, isService: false, address: 'inside only', publishedPorts: [] },
    whyNotReady: async ({ health }) => (health === 'healthy' ? undefined : `its health is ${health}`),
  });

  return [
    service('frontend', 'user_dbase'),
    service('user-service', 'user_dbase'),
    service('product-service', 'product_dbase'),
    service('order-service', 'order_dbase'),
    backend('otel-collector', `${urlOf('otel-collector-health')}/`, [
      'otel-collector-http',
      'otel-collector-metrics',
      'otel-collector-health',
    ]),
    backend('jaeger', `${urlOf('jaeger')}/`),
    backend('prometheus', `${urlOf('prometheus')}/-/ready`),
    backend('loki', `${urlOf('loki')}/ready`),
    backend('grafana', `${urlOf('grafana')}/api/health`),
    ...(values.ALERTING === 'on' ? [backend('alertmanager', `${urlOf('alertmanager')}/-/ready`)] : []),
    database('user_dbase'),
    database('product_dbase'),
    database('order_dbase'),
  ];
}
