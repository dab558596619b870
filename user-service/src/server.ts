import { join } from 'node:path';
import { listenSettings, readEnvironment } from '@vitrine/service-kit/config';
import { createFaults } from '@vitrine/service-kit/faults/faults';
import { createLogger } from '@vitrine/service-kit/logger';
import { openDatabase } from '@vitrine/service-kit/open-database';
import { serve } from '@vitrine/service-kit/serve';
import { start } from '@vitrine/service-kit/start';
import { DELETE_EXPIRED_KEYS } from './api-key-repository';
import { createApp } from './app';
import { settings } from './config';
import { DELETE_OLD_FAILURES } from './login-failure-repository';
import { createPasswords } from './passwords';
import { seedAdmin } from './seed-admin';

async function main(): Promise<void> {
  const config = readEnvironment(settings);
  const logger = createLogger({ level: config.LOG_LEVEL });
  const faults = createFaults({ service: 'user-service', token: config.FAULT_TOKEN, logger });
  const passwords = createPasswords(config.BCRYPT_COST);
  const database = await openDatabase(config, {
    directory: join(__dirname, '../migrations'),
    logger,
    faults,
    seed: (connection) => seedAdmin(connection, passwords, config.ADMIN_PASSWORD),
    sweeps: [DELETE_EXPIRED_KEYS, DELETE_OLD_FAILURES],
  });
  const app = createApp({ database, logger, faults, passwords, apiKeyTtlHours: config.API_KEY_TTL_HOURS });
  await serve(app, { ...listenSettings(config), logger, close: database.close });
}

start(main);
