import type { Database } from '@vitrine/service-kit/database';
import type { Logger } from '@vitrine/service-kit/logger';
import type { Passwords } from './passwords';

/** What the routes work with; `server.ts` builds it. */
export interface Dependencies {
  database: Database;
  logger: Logger;
  passwords: Passwords;
  apiKeyTtlHours: number;
}
