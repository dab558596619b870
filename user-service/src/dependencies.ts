import type { Database } from '@vitrine/service-kit/database';
import type { Faults } from '@vitrine/service-kit/faults/faults';
import type { Logger } from '@vitrine/service-kit/logger';
import type { Passwords } from './passwords';

/** The dependencies of the routes; `server.ts` builds them. */
export interface Dependencies {
  database: Database;
  logger: Logger;
  faults?: Faults | undefined;
  passwords: Passwords;
  apiKeyTtlHours: number;
}
