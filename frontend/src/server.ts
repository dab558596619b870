import { join } from 'node:path';
import { listenSettings, readEnvironment } from '@vitrine/service-kit/config';
import { createFaults } from '@vitrine/service-kit/faults/faults';
import { createLogger } from '@vitrine/service-kit/logger';
import { openDatabase } from '@vitrine/service-kit/open-database';
import { serve } from '@vitrine/service-kit/serve';
import { createServiceClient } from '@vitrine/service-kit/service-client';
import { start } from '@vitrine/service-kit/start';
import { createApp } from './app';
import { settings } from './config';
import { DELETE_EXPIRED_SESSIONS } from './session-store';

const SERVICE_TIMEOUT_MS = 1800;

async function main(): Promise<void> {
  const config = readEnvironment(settings);
  const logger = createLogger({ level: config.LOG_LEVEL });
  const faults = createFaults({ service: 'frontend', token: config.FAULT_TOKEN, logger });
  const database = await openDatabase(config, {
    directory: join(__dirname, '../migrations'),
    logger,
    faults,
    sweeps: [DELETE_EXPIRED_SESSIONS],
  });
  const service = (name: string, baseUrl: string) =>
    createServiceClient({ name, baseUrl, timeoutMs: SERVICE_TIMEOUT_MS });
  const app = createApp({
    database,
    userService: service('user-service', config.USER_SERVICE_URL),
    productService: service('product-service', config.PRODUCT_SERVICE_URL),
    orderService: service('order-service', config.ORDER_SERVICE_URL),
    sessionSecret: config.SESSION_SECRET,
    telemetryUrls: {
      consoleUrl: config.CONSOLE_URL,
      jaegerUrl: config.JAEGER_URL,
      grafanaUrl: config.GRAFANA_URL,
    },
    tracesUrl: config.RUM === 'on' ? `${config.COLLECTOR_URL}/v1/traces` : undefined,
    logger,
    faults,
  });
  await serve(app, { ...listenSettings(config), logger, close: database.close });
}

start(main);
