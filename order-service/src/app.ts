import { createApi } from '@vitrine/service-kit/api';
import { closeShell, createShell } from '@vitrine/service-kit/http-shell';
import type { Express } from 'express';
import type { Dependencies } from './dependencies';
import { addCartRoutes } from './routes/cart';
import { addOrderRoutes } from './routes/orders';

export function createApp(dependencies: Dependencies): Express {
  const { database, logger, faults } = dependencies;
  const app = createShell({ logger, readiness: { order_dbase: database.ping }, faults });
  const api = createApi({ title: 'order-service', description: 'Carts and orders.' });
  addCartRoutes(api, dependencies);
  addOrderRoutes(api, dependencies);
  faults?.addRoutes(api);
  app.use(api.router());
  closeShell(app, logger);
  return app;
}
