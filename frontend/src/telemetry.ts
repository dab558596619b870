import { startTelemetry } from '@vitrine/service-kit/telemetry';

startTelemetry({ serviceName: 'frontend' });
