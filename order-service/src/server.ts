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

/** Longer than a neighbour's database may take, but shorter than the frontend waits for this service. */
const NEIGHBOUR_TIMEOUT_MS = 1200;
/** They are asked one after the other, and the frontend is still to learn which of them is late. */
const NEIGHBOURS_MS = 1500;

async function main(): Promise<void> {
  const config = readEnvironment(settings);
  const logger = createLogger({ level: config.LOG_LEVEL });
  const faults = createFaults({ service: 'order-service', token: config.FAULT_TOKEN, logger });
  const database = await openDatabase(config, {
    directory: join(__dirname, '../migrations'),
    logger,
    faults,
  });
  const app = createApp({
    database,
    logger,
    faults,
    userService: createServiceClient({
      name: 'user-service',
      baseUrl: config.USER_SERVICE_URL,
      timeoutMs: NEIGHBOUR_TIMEOUT_MS,
    }),
    productService: createServiceClient({
      name: 'product-service',
      baseUrl: config.PRODUCT_SERVICE_URL,
      timeoutMs: NEIGHBOUR_TIMEOUT_MS,
    }),
    neighboursMs: NEIGHBOURS_MS,
  });
  await serve(app, { ...listenSettings(config), logger, close: database.close });
}

start(main);
