import { parse as parseQuery } from 'node:querystring';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet, { type HelmetOptions } from 'helmet';
import { HttpError } from './http-error';
import { routeOf, splitTarget, statusOf } from './http-route';
import { type Logger, logEvent } from './logger';
import { maskText } from './mask';
import { logs } from './registry/kit';
import { recordError, sampledSpan } from './telemetry/spans';

const BODY_LIMIT_BYTES = 16 * 1024;
/** Characters; longer than any path of the shop's. */
const MAX_LOGGED_PATH = 300;
const FORM = 'application/x-www-form-urlencoded';

/** What must answer for the service to be ready, by name; each rejects while it does not. */
type ReadinessChecks = Record<string, () => Promise<void>>;

/** For JSON on plain HTTP: should a browser ever open it, it is no page. What governs pages would only be freight. */
const JSON_HEADERS: HelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  strictTransportSecurity: false,
  crossOriginOpenerPolicy: false,
  crossOriginResourcePolicy: false,
  originAgentCluster: false,
  referrerPolicy: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
};

interface ShellOptions {
  logger: Logger;
  readiness: ReadinessChecks;
  /** Security headers; by default those of a JSON API. */
  helmetOptions?: HelmetOptions;
}

/** An Express app with what every service has before its own routes. {@link closeShell} adds what comes after them. */
export function createShell({ logger, readiness, helmetOptions = JSON_HEADERS }: ShellOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/readyz', reportReadiness(readiness));
  app.use(announceTrace, logRequests(logger), helmet(helmetOptions));
  app.use(refuseOtherContentTypes);
  app.use(express.json({ limit: BODY_LIMIT_BYTES, reviver: digitsOnly }));
  app.use(express.text({ type: FORM, limit: BODY_LIMIT_BYTES }), parseForm);
  return app;
}

/**
 * Ends the app: what no route answered is a 404, and every error becomes an answer. An error that is no
 * {@link HttpError} is a bug: logged with its stack, recorded on the span, and told to the caller as a bare 500.
 *
 * @param respond writes the answer; by default JSON as `{message, errors?}`
 */
export function closeShell(app: Express, logger: Logger, respond: ErrorResponder = respondWithJson): void {
  app.use(() => {
    throw new HttpError(404, 'Not found');
  });
  app.use(handleErrors(logger, respond));
}

export type ErrorResponder = (error: HttpError, ...handler: Parameters<RequestHandler>) => void;

const respondWithJson: ErrorResponder = ({ status, message, errors }, _request, response) => {
  response.status(status).json({ message, ...(errors && { errors }) });
};

function handleErrors(logger: Logger, respond: ErrorResponder): ErrorRequestHandler {
  return (thrown, request, response, next) => {
    const error = toHttpError(thrown);
    if (error.status >= 500) {
      const isBug = error.status === 500;
      if (isBug) logEvent(logger, logs.bug, { err: thrown });
      else
        logEvent(logger, { ...logs.partUnavailable, message: error.message }, { err: error.cause ?? error });
      recordError(isBug ? thrown : error);
    }
    if (response.headersSent) {
      response.destroy(error);
      return;
    }
    response.set(error.headers);
    respond(error, request, response, next);
  };
}

/** Words for what Express and its body parsers refuse; their own may quote the input. */
const REFUSALS: Record<number, string> = {
  400: 'The request is malformed',
  413: `The body is larger than ${BODY_LIMIT_BYTES / 1024} KiB`,
  415: 'The body must be application/json or application/x-www-form-urlencoded, in UTF-8',
};

function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  if (status >= 400 && status < 500)
    return new HttpError(status, REFUSALS[status] ?? 'The request is refused');
  return new HttpError(500, 'Something went wrong on our side');
}

const refuseOtherContentTypes: RequestHandler = (request, _response, next) => {
  const { headers } = request;
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (hasBody && !request.is(['application/json', FORM])) {
    throw new HttpError(415, REFUSALS[415] ?? '');
  }
  next();
};

/** A whole number is written in decimal digits, in JSON as elsewhere: 1e3, 1.0 and -0 are none. */
function digitsOnly(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && !/^\d+$/.test(context?.source ?? '') ? Number.NaN : value;
}

/** As browsers read a form. express.urlencoded would take `%ff` literally, and all escapes beside it. */
const parseForm: RequestHandler = (request, _response, next) => {
  if (typeof request.body === 'string') request.body = parseQuery(request.body, '&', '=', { maxKeys: 0 });
  next();
};

/** Lets a person look the request up in Jaeger, and a browser link its own trace to it; not where it is not sampled. */
const announceTrace: RequestHandler = (_request, response, next) => {
  const span = sampledSpan();
  if (span) {
    response.setHeader('X-Trace-Id', span.traceId);
    response.setHeader('Server-Timing', `traceparent;desc="00-${span.traceId}-${span.spanId}-01"`);
  }
  next();
};

/** One line a request, when its answer is complete or its client has gone. */
function logRequests(logger: Logger): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now();
    response.once('close', () => {
      const fields = {
        'http.request.method': request.method,
        'http.route': routeOf(response),
        'url.path': loggedPath(request.originalUrl),
        duration_ms: Math.round((performance.now() - startedAt) * 10) / 10,
      };
      const status = statusOf(response);
      if (status === undefined) logEvent(logger, logs.requestAborted, fields);
      else logEvent(logger, logs.request, { ...fields, 'http.response.status_code': status });
    });
    next();
  };
}

/** Masked before it is cut: half an e-mail address or api key no longer looks like one. */
function loggedPath(url: string): string {
  return maskText(splitTarget(url).path).slice(0, MAX_LOGGED_PATH);
}

function reportReadiness(checks: ReadinessChecks): RequestHandler {
  return async (_request, response) => {
    const states = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        const isReady = await check().then(
          () => true,
          () => false,
        );
        return [name, isReady ? 'ok' : 'unavailable'] as const;
      }),
    );
    const isReady = states.every(([, state]) => state === 'ok');
    response.status(isReady ? 200 : 503).json({
      status: isReady ? 'ok' : 'unavailable',
      dependencies: Object.fromEntries(states),
    });
  };
}
