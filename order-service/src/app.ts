import { createApi } from '@vitrine/service-kit/api';
import type { Database } from '@vitrine/service-kit/database';
import { closeShell, createShell } from '@vitrine/service-kit/http-shell';
import type { Logger } from '@vitrine/service-kit/logger';
import type { ServiceClient } from '@vitrine/service-kit/service-client';
import type { Express } from 'express';
import { addCartRoutes } from './routes/cart';
import { addOrderRoutes } from './routes/orders';

export interface Dependencies {
  database: Database;
  userService: ServiceClient;
  productService: ServiceClient;
  logger: Logger;
}

export function createApp(dependencies: Dependencies): Express {
  const { database, logger } = dependencies;
  const app = createShell({ logger, readiness: { order_dbase: database.ping } });
  const api = createApi({ title: 'order-service', description: 'Carts and orders.' });
  addCartRoutes(api, dependencies);
  addOrderRoutes(api, dependencies);
  app.use(api.router());
  closeShell(app, logger);
  return app;
}
