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

async function main(): Promise<void> {
  const config = readEnvironment(settings);
  const logger = createLogger({ level: config.LOG_LEVEL });
  const faults = createFaults({ service: 'product-service', token: config.FAULT_TOKEN, logger });
  const database = await openDatabase(config, {
    directory: join(__dirname, '../migrations'),
    logger,
    faults,
  });
  const userService = createServiceClient({
    name: 'user-service',
    baseUrl: config.USER_SERVICE_URL,
    timeoutMs: 1200,
  });
  const app = createApp({ database, userService, logger, faults });
  await serve(app, { ...listenSettings(config), logger, close: database.close });
}

start(main);
