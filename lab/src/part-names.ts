/** Every part of the stack, in the order in which they are listed. */
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
  'console',
  'user_dbase',
  'product_dbase',
  'order_dbase',
] as const;

export type PartName = (typeof partNames)[number];

/** Ports that a part has beside the one that goes by its own name (of the collector: OTLP over gRPC). */
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

/** `user-service` → `USER_SERVICE_PORT`: the variable that moves the port. */
export function portVariable(port: PortName): string {
  return `${port.toUpperCase().replaceAll('-', '_')}_PORT`;
}
