import { startTelemetry } from '@vitrine/service-kit/telemetry/start';

startTelemetry('product-service');
