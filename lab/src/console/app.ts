import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import express, { type ErrorRequestHandler, type Express, type Response } from 'express';
import helmet from 'helmet';
import { alertTitle } from '../alert-title.ts';
import { deliveryNotices } from '../delivery.ts';
import { LabError } from '../lab-error.ts';
import { formatDuration, formatTime, sanitizeForTerminal, serviceNumber } from '../trace-view/label.ts';
import { readTraceId } from '../trace-view/trace-id.ts';
import { createInbox } from './inbox.ts';
import { requestPage } from './request-page.ts';
import type { Sources } from './sources.ts';
import { tracePage } from './trace-page.ts';

const views = join(import.meta.dirname, 'views');
const ownFiles = join(import.meta.dirname, 'public');
/** The console uses the shop's stylesheet and icon. */
const shopFiles = join(import.meta.dirname, '../../../frontend/public');
const runbooks = join(import.meta.dirname, '../../../docs/runbooks');

/** An app of pages without scripts that show data of the backends, and the alerts that Alertmanager has sent. */
export function createConsole(sources: Sources): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.engine('ejs', (path, page, done) => ejs.renderFile(path, page, { root: views, cache: true }, done));
  app.set('view engine', 'ejs');
  app.set('views', views);
  Object.assign(app.locals, { formatDuration, formatTime, serviceNumber, shopUrl: sources.shopUrl });

  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.use(security);
  for (const files of [ownFiles, shopFiles]) {
    app.use('/static', express.static(files, { index: false, redirect: false }));
  }
  app.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });

  app.get('/', async (request, response) => {
    const { status, ...content } = await requestPage(sources, request.query, Date.now());
    const isSearched = status === 200;
    response.status(status).render('requests', { title: 'Requests', isSearched, ...content });
  });
  app.get('/trace', (request, response) => {
    const given = String(request.query.id ?? '');
    const traceId = readTraceId(given);
    if (traceId) response.redirect(303, `/trace/${traceId}`);
    else refuseId(response, given);
  });
  app.get('/trace/:id', async (request, response) => {
    const traceId = readTraceId(request.params.id);
    if (traceId === undefined) return refuseId(response, request.params.id);
    const page = await tracePage(sources, traceId);
    if (page) return response.render('trace', page);
    return showProblem(response, 404, 'Jaeger has no such trace', [
      `The trace id is ${traceId}.`,
      'A trace appears within 3 seconds of its request: if that was just now, load this page again. Jaeger keeps only the newest.',
      ...(await deliveryNotices(sources.prometheus)),
    ]);
  });

  const inbox = createInbox();
  app.get('/alerts', (_request, response) => {
    response.render('alerts', { title: 'Alerts', alerts: inbox.alerts() });
  });
  // A web site can send no JSON here through somebody's browser: that would have to ask first.
  app.post('/alerts', express.json({ limit: '1mb' }), (request, response) => {
    const alerts = inbox.receive(request.body);
    if (alerts === undefined)
      return showProblem(response, 400, 'This is no message of Alertmanager', [
        'A JSON object with a list of alerts is wanted.',
      ]);
    for (const alert of alerts)
      process.stdout.write(`${sanitizeForTerminal(`${alertTitle(alert)} is ${alert.status}`)}\n`);
    return response.sendStatus(204);
  });

  // The annotation runbook_url of each alert leads here.
  app.get('/runbooks/:alert', (request, response) => {
    const { alert } = request.params;
    const text = readRunbook(alert);
    if (text !== undefined) return response.render('runbook', { title: alert, text });
    return showProblem(response, 404, 'There is no such runbook', ['Each alert has one: docs/runbooks.']);
  });

  app.use((_request, response) => showProblem(response, 404, 'There is no such page', []));
  app.use(explain);
  return app;
}

const security = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      scriptSrc: ["'none'"],
      objectSrc: ["'none'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  strictTransportSecurity: false,
});

/** The runbook as Markdown, without its heading; undefined when there is none of that name. */
function readRunbook(alert: string): string | undefined {
  if (!/^\w+$/.test(alert)) return undefined;
  try {
    return readFileSync(join(runbooks, `${alert}.md`), 'utf8').replace(/^# .*\n+/, '');
  } catch {
    return undefined;
  }
}

function refuseId(response: Response, given: string): void {
  showProblem(response, 400, 'This is not a trace id', [
    `“${given.slice(0, 80)}” was given. A trace id is 32 hexadecimal digits, as in X-Trace-Id and in the last line of every page of the shop.`,
  ]);
}

function showProblem(response: Response, status: number, title: string, words: readonly string[]): void {
  response.status(status).render('problem', { title, words });
}

/** What the middleware of the static files has set already when it refuses a request for one. */
const headersOfFile = ['Accept-Ranges', 'Content-Type', 'ETag', 'Last-Modified'];

const refusals: Record<number, string> = {
  400: 'The request is malformed',
  412: 'The file is another one by now',
  416: 'The file has no such part',
};

const explain: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) return next(error);
  for (const name of headersOfFile) response.removeHeader(name);
  response.set('Cache-Control', 'no-store');
  if (error instanceof LabError) return showProblem(response, 503, 'A backend is away', [error.message]);
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  if (status >= 400 && status < 500)
    return showProblem(response, status, refusals[status] ?? 'The request is refused', []);
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  return showProblem(response, 500, 'Something went wrong in the console', ['Its log says more.']);
};
