/** Every part of the stack, in the order of lists. */
export const partNames = [
  'frontend',
  'user-service',
  'product-service',
  'order-service',
  'otel-collector',
  'jaeger',
  'prometheus',
  'loki',
  'grafana',
  'alertmanager',
  'console',
  'user_dbase',
  'product_dbase',
  'order_dbase',
] as const;

export type PartName = (typeof partNames)[number];

/** Whether the part belongs to a shop with these settings. */
export function isWanted(part: PartName, { ALERTING }: { ALERTING: 'on' | 'off' }): boolean {
  return part !== 'alertmanager' || ALERTING === 'on';
}

/** The parts that are services of the shop. */
export const serviceNames = [
  'frontend',
  'user-service',
  'product-service',
  'order-service',
] as const satisfies readonly PartName[];
export type ServiceName = (typeof serviceNames)[number];

/** Further ports of the parts. The port with the part's own name is, for the collector, OTLP over gRPC. */
export const furtherPortNames = [
  'otel-collector-http',
  'otel-collector-metrics',
  'otel-collector-health',
  'otel-collector-self',
  'jaeger-otlp',
  'jaeger-grpc',
  'jaeger-health',
  'jaeger-self',
  'loki-grpc',
] as const;

export const portNames = [...partNames, ...furtherPortNames];
export type PortName = (typeof portNames)[number];

/** The variable that sets the port: `USER_SERVICE_PORT` for `user-service`. */
export function portVariable(port: PortName): string {
  return `${port.toUpperCase().replaceAll('-', '_')}_PORT`;
}
