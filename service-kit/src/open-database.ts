import { databaseSettings, migrationAccount, type ServiceSettings } from './config';
import { createDatabase, type Database } from './database';
import type { Faults } from './faults/faults';
import { type MigrationOptions, migrate } from './migrate';
import { startSweep } from './sweep';

type Options = Pick<MigrationOptions, 'directory' | 'logger' | 'seed'> & {
  faults?: Faults | undefined;
  /** Statements that delete what has expired, for `startSweep`. */
  sweeps?: readonly string[];
};

/**
 * Brings the schema up to date by the account for migrations; then opens the database with that of the service at work,
 * and begins to sweep it.
 *
 * @throws as `migrate` does
 */
export async function openDatabase(config: ServiceSettings, options: Options): Promise<Database> {
  const settings = databaseSettings(config);
  await migrate({ ...options, settings, account: migrationAccount(config) });
  const { logger, faults, sweeps = [] } = options;
  const database = createDatabase(settings, { logger, faults });
  const stopSweep = startSweep(database, sweeps, { logger });
  return {
    ...database,
    close() {
      stopSweep();
      return database.close();
    },
  };
}
