import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApi } from '@vitrine/service-kit/api';
import type { Database } from '@vitrine/service-kit/database';
import type { Faults } from '@vitrine/service-kit/faults/faults';
import { closeShell, createShell } from '@vitrine/service-kit/http-shell';
import type { Logger } from '@vitrine/service-kit/logger';
import type { ServiceClient } from '@vitrine/service-kit/service-client';
import express, { type Express, Router } from 'express';
import { createAccess } from './access';
import { contentSecurity } from './content-security';
import { createCsrf } from './csrf';
import { createErrorPages } from './error-page';
import { createKeptForms } from './kept-form';
import { createOrderService } from './order-service';
import { createPages, recordStart } from './page';
import { productImages } from './product-image';
import { createProductService } from './product-service';
import { accountRoutes } from './routes/account';
import { adminRoutes } from './routes/admin';
import { cartRoutes } from './routes/cart';
import { catalogueRoutes } from './routes/catalogue';
import { checkoutRoutes } from './routes/checkout';
import { orderRoutes } from './routes/orders';
import { readSessions } from './session';
import { createSessionCipher } from './session-cipher';
import { SessionStore } from './session-store';
import type { Shop } from './shop';
import { useTemplates } from './templates';
import type { TelemetryUrls } from './trace-links';
import { createUserService } from './user-service';

export interface Dependencies {
  database: Database;
  userService: ServiceClient;
  productService: ServiceClient;
  orderService: ServiceClient;
  sessionSecret: string;
  telemetryUrls: TelemetryUrls;
  /** The address to which browsers send spans; without it nothing is measured there. */
  tracesUrl?: string | undefined;
  logger: Logger;
  faults?: Faults | undefined;
}

const PUBLIC = join(__dirname, '../public');
const DAY_MS = 24 * 60 * 60 * 1000;

export function createApp(dependencies: Dependencies): Express {
  const { database, logger, faults, sessionSecret, telemetryUrls, tracesUrl } = dependencies;
  const cipher = createSessionCipher(sessionSecret);
  const beforeBody = Router();
  beforeBody.use('/static', express.static(PUBLIC, { maxAge: DAY_MS, index: false, redirect: false }));
  beforeBody.use(
    recordStart,
    readSessions({
      secret: sessionSecret,
      store: new SessionStore(database, cipher),
      logger,
    }),
  );
  const app = createShell({
    logger,
    readiness: { session_dbase: database.ping },
    helmetOptions: contentSecurity(tracesUrl),
    beforeBody,
    faults,
  });
  app.set('trust proxy', 'loopback, linklocal, uniquelocal');
  useTemplates(app, join(__dirname, '../views'));

  const csrf = createCsrf(sessionSecret);
  const stylesheet = addressOf('shop.css');
  const browserScript = tracesUrl === undefined ? undefined : { src: addressOf('rum.js'), tracesUrl };
  const imageUrl = productImages(join(PUBLIC, 'products'));
  const show = createPages({ csrf, imageUrl, telemetryUrls, stylesheet, browserScript });
  const keptForms = createKeptForms(cipher);
  const shop: Shop = {
    access: createAccess(csrf, keptForms),
    keptForms,
    logger,
    show,
    users: createUserService(dependencies.userService),
    products: createProductService(dependencies.productService),
    orders: createOrderService(dependencies.orderService),
  };

  // The login comes first: it may continue with a form of the others.
  app.use(accountRoutes(shop), catalogueRoutes(shop), cartRoutes(shop));
  app.use(checkoutRoutes(shop), orderRoutes(shop), adminRoutes(shop));
  if (faults) app.use(switchOf(faults));
  closeShell(app, logger, createErrorPages(show, keptForms, logger));
  return app;
}

/** The only routes of the frontend that are no pages, with their OpenAPI document. */
function switchOf(faults: Faults): Router {
  const api = createApi({ title: 'frontend', description: 'The fault switch; all else are pages.' });
  faults.addRoutes(api);
  return api.router();
}

/** The address of a static file, which changes with its content. */
function addressOf(file: string): string {
  const digest = createHash('sha256')
    .update(readFileSync(join(PUBLIC, file)))
    .digest('base64url');
  return `/static/${file}?v=${digest.slice(0, 10)}`;
}
