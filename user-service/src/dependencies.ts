import type { Database } from '@vitrine/service-kit/database';
import type { Logger } from '@vitrine/service-kit/logger';
import type { Passwords } from './passwords';

/** What the routes work with; built in one place, `server.ts`. */
export interface Dependencies {
  database: Database;
  logger: Logger;
  passwords: Passwords;
  apiKeyTtlHours: number;
}
