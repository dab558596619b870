import { createApi } from '@vitrine/service-kit/api';
import { closeShell, createShell } from '@vitrine/service-kit/http-shell';
import type { Express } from 'express';
import type { Dependencies } from './dependencies';
import { addSessionRoutes } from './routes/sessions';
import { addUserRoutes } from './routes/users';

export function createApp(dependencies: Dependencies): Express {
  const { database, logger, faults } = dependencies;
  const app = createShell({ logger, readiness: { user_dbase: database.ping }, faults });
  const api = createApi({ title: 'user-service', description: "The shop's accounts." });
  addUserRoutes(api, dependencies);
  addSessionRoutes(api, dependencies);
  faults?.addRoutes(api);
  app.use(api.router());
  closeShell(app, logger);
  return app;
}
