import { databaseSettings, migrationAccount, type ServiceSettings } from './config';
import { createDatabase, type Database } from './database';
import type { Faults } from './faults/faults';
import { type MigrationOptions, migrate } from './migrate';

/**
 * Brings the schema up to date by the account for migrations; then opens the database with that of the service at work.
 *
 * @throws as `migrate` does
 */
export async function openDatabase(
  config: ServiceSettings,
  options: Pick<MigrationOptions, 'directory' | 'logger' | 'seed'> & { faults?: Faults | undefined },
): Promise<Database> {
  const settings = databaseSettings(config);
  await migrate({ ...options, settings, account: migrationAccount(config) });
  return createDatabase(settings, { logger: options.logger, faults: options.faults });
}
