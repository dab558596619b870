import type { Database } from '@vitrine/service-kit/database';
import type { Logger } from '@vitrine/service-kit/logger';
import type { Passwords } from './passwords';

/** The dependencies of the routes; `server.ts` builds them. */
export interface Dependencies {
  database: Database;
  logger: Logger;
  passwords: Passwords;
  apiKeyTtlHours: number;
}
