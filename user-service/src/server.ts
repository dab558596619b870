import { join } from 'node:path';
import { databaseSettings, migrationAccount, readEnvironment } from '@vitrine/service-kit/config';
import { createDatabase } from '@vitrine/service-kit/database';
import { createLogger } from '@vitrine/service-kit/logger';
import { migrate } from '@vitrine/service-kit/migrate';
import { serve } from '@vitrine/service-kit/serve';
import { start } from '@vitrine/service-kit/start';
import { createApp } from './app';
import { settings } from './config';
import { createPasswords } from './passwords';
import { seedAdmin } from './seed-admin';

async function main(): Promise<void> {
  const config = readEnvironment(settings);
  const logger = createLogger({ level: config.LOG_LEVEL });
  const passwords = createPasswords(config.BCRYPT_COST);
  const database = createDatabase(databaseSettings(config), { logger });
  await migrate({
    settings: databaseSettings(config),
    account: migrationAccount(config),
    directory: join(__dirname, '../migrations'),
    logger,
    seed: (connection) => seedAdmin(connection, passwords, config.ADMIN_PASSWORD),
  });
  const app = createApp({ database, logger, passwords, apiKeyTtlHours: config.API_KEY_TTL_HOURS });
  await serve(app, { host: config.HOST, port: config.PORT, logger, close: database.close });
}

start(main);
