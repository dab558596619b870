import { backendAddress, reachableHost } from './addresses.ts';
import type { Variables } from './env-file.ts';
import type { BackendName, BackendPart, ViewerPart } from './part.ts';
import type { PartName, PortName } from './part-names.ts';
import type { Settings } from './settings.ts';

/** The parts of native mode that receive, store and show telemetry. */
export function createBackendParts(settings: Settings): readonly (BackendPart | ViewerPart)[] {
  const { ports, values, root } = settings;
  const host = backendAddress(values.BIND_ADDRESS);
  const portOf = (name: PortName) => String(ports[name]);
  const addressOf = (port: PortName) => `${reachableHost(host)}:${ports[port]}`;
  const urlOf = (port: PortName) => `http://${addressOf(port)}`;
  const ownUrlOf = (name: PartName) => `http://${reachableHost(values.BIND_ADDRESS)}:${ports[name]}`;
  const here = [`http://localhost:${ports.frontend}`, ownUrlOf('frontend')];
  const origins = values.SHOP_URL === undefined ? here : [values.SHOP_URL];
  const passedOn = withoutTelemetry(settings.passedOn);
  const stores = {
    PROMETHEUS_URL: urlOf('prometheus'),
    JAEGER_URL: urlOf('jaeger'),
    LOKI_URL: urlOf('loki'),
  };

  const backend = (
    name: BackendName,
    readyUrl: string,
    furtherPorts: readonly PortName[],
    environment: Variables = {},
    needs: readonly PartName[] = [],
  ): BackendPart => ({
    ...{ kind: 'backend', name, readyUrl, needs, port: ports[name], address: urlOf(name) },
    furtherPorts: furtherPorts.map((port) => ports[port]),
    environment: { ...passedOn, LISTEN_HOST: host, ...environment },
  });

  const viewer = (
    name: ViewerPart['name'],
    address: string,
    readyPath: string,
    environment: Variables,
  ): ViewerPart => ({
    ...{ kind: 'viewer', name, address, readyUrl: address + readyPath },
    ...{ port: ports[name], furtherPorts: [], needs: ['jaeger', 'prometheus', 'loki'] },
    environment: { ...passedOn, ...stores, ...environment },
  });

  const alertmanager: ViewerPart = {
    ...{
      kind: 'viewer',
      name: 'alertmanager',
      port: ports.alertmanager,
      furtherPorts: [],
      needs: ['console'],
    },
    ...{
      address: urlOf('alertmanager'),
      readyUrl: `${urlOf('alertmanager')}/-/ready`,
      environment: passedOn,
    },
  };

  return [
    backend(
      'otel-collector',
      `${urlOf('otel-collector-health')}/`,
      ['otel-collector-http', 'otel-collector-metrics', 'otel-collector-health', 'otel-collector-self'],
      {
        OTLP_GRPC_PORT: portOf('otel-collector'),
        OTLP_HTTP_PORT: portOf('otel-collector-http'),
        METRICS_PORT: portOf('otel-collector-metrics'),
        HEALTH_PORT: portOf('otel-collector-health'),
        SELF_METRICS_PORT: portOf('otel-collector-self'),
        JAEGER_OTLP_ENDPOINT: addressOf('jaeger-otlp'),
        LOKI_OTLP_ENDPOINT: `${urlOf('loki')}/otlp`,
        RUM: values.RUM,
        ORIGINS_WITH_RUM_on: JSON.stringify(origins),
      },
      ['jaeger', 'loki'],
    ),
    backend(
      'jaeger',
      `${urlOf('jaeger-health')}/status`,
      ['jaeger-otlp', 'jaeger-grpc', 'jaeger-health', 'jaeger-self'],
      {
        UI_PORT: portOf('jaeger'),
        OTLP_GRPC_PORT: portOf('jaeger-otlp'),
        GRPC_PORT: portOf('jaeger-grpc'),
        HEALTH_PORT: portOf('jaeger-health'),
        SELF_METRICS_PORT: portOf('jaeger-self'),
        PROMETHEUS_URL: stores.PROMETHEUS_URL,
      },
    ),
    backend('prometheus', `${urlOf('prometheus')}/-/ready`, [], { CONSOLE_URL: ownUrlOf('console') }, [
      'otel-collector',
    ]),
    backend('loki', `${urlOf('loki')}/ready`, ['loki-grpc'], {
      HTTP_PORT: portOf('loki'),
      GRPC_PORT: portOf('loki-grpc'),
    }),
    viewer('grafana', urlOf('grafana'), '/api/health', {
      GF_SERVER_HTTP_ADDR: host,
      GF_SERVER_HTTP_PORT: portOf('grafana'),
      GF_PATHS_PROVISIONING: `${root}/grafana/provisioning`,
      GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${root}/grafana/dashboards/overview.json`,
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
      GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
      GF_NEWS_NEWS_FEED_ENABLED: 'false',
    }),
    ...(values.ALERTING === 'on' ? [alertmanager] : []),
    viewer('console', ownUrlOf('console'), '/healthz', {
      HOST: values.BIND_ADDRESS,
      PORT: portOf('console'),
      SHOP_URL: ownUrlOf('frontend'),
    }),
  ];
}

/** Removes `OTEL_*`, which is meant for the shop's services; the collector would apply some of it to itself. */
function withoutTelemetry(variables: Variables): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith('OTEL_')));
}
