import { join } from 'node:path';
import { readEnvironment } from '@vitrine/service-kit/config';
import { createLogger } from '@vitrine/service-kit/logger';
import { openDatabase } from '@vitrine/service-kit/open-database';
import { serve } from '@vitrine/service-kit/serve';
import { createServiceClient } from '@vitrine/service-kit/service-client';
import { start } from '@vitrine/service-kit/start';
import { createApp } from './app';
import { settings } from './config';

/** Longer than a neighbour's database may take, but shorter than the frontend waits for this service. */
const NEIGHBOUR_TIMEOUT_MS = 1200;

async function main(): Promise<void> {
  const config = readEnvironment(settings);
  const logger = createLogger({ level: config.LOG_LEVEL });
  const database = await openDatabase(config, {
    directory: join(__dirname, '../migrations'),
    logger,
  });
  const app = createApp({
    database,
    logger,
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
  });
  await serve(app, { host: config.HOST, port: config.PORT, logger, close: database.close });
}

start(main);
