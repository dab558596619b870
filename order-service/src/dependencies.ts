import type { Database } from '@vitrine/service-kit/database';
import type { Faults } from '@vitrine/service-kit/faults/faults';
import type { Logger } from '@vitrine/service-kit/logger';
import type { ServiceClient } from '@vitrine/service-kit/service-client';

/** The dependencies of the routes; `server.ts` builds them. */
export interface Dependencies {
  database: Database;
  userService: ServiceClient;
  productService: ServiceClient;
  /** How long a request may wait for both services together. */
  neighboursMs: number;
  logger: Logger;
  faults?: Faults | undefined;
}
