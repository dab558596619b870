import { createApi } from '@vitrine/service-kit/api';
import { closeShell, createShell } from '@vitrine/service-kit/http-shell';
import type { Express } from 'express';
import type { Dependencies } from './dependencies';
import { addReadRoutes } from './routes/read';
import { addWriteRoutes } from './routes/write';

export function createApp(dependencies: Dependencies): Express {
  const { database, logger, faults } = dependencies;
  const app = createShell({ logger, readiness: { product_dbase: database.ping }, faults });
  const api = createApi({ title: 'product-service', description: "The shop's catalogue." });
  addReadRoutes(api, database);
  addWriteRoutes(api, dependencies);
  faults?.addRoutes(api);
  app.use(api.router());
  closeShell(app, logger);
  return app;
}
