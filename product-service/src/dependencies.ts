import type { Database } from '@vitrine/service-kit/database';
import type { Logger } from '@vitrine/service-kit/logger';
import type { ServiceClient } from '@vitrine/service-kit/service-client';

/** What the routes work with; `server.ts` builds it. */
export interface Dependencies {
  database: Database;
  userService: ServiceClient;
  logger: Logger;
}
