import { parse as parseQuery } from 'node:querystring';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet, { type HelmetOptions } from 'helmet';
import type { Faults } from './faults/faults';
import { HttpError } from './http-error';
import { INTERNAL, routeOf, splitTarget, statusOf } from './http-route';
import { type Logger, logEvent } from './logger';
import { maskText } from './mask';
import { logs } from './registry/kit';
import { recordError, sampledSpan, traceparentOf } from './telemetry/spans';

const BODY_LIMIT_BYTES = 16 * 1024;
/** Characters; the shop's own paths are shorter. */
const MAX_LOGGED_PATH = 300;
const FORM = 'application/x-www-form-urlencoded';

/** The security headers of a JSON API. Helmet's others protect pages only. */
const jsonHeaders = [
  helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  }),
  helmet.xContentTypeOptions(),
];

/** Checks of the parts that the service needs to be ready, by name; each rejects while its part does not answer. */
type ReadinessChecks = Record<string, () => Promise<void>>;

interface ShellOptions {
  logger: Logger;
  readiness: ReadinessChecks;
  /** Security headers; the default suits a JSON API. */
  helmetOptions?: HelmetOptions;
  /** Runs before the body is read, so that the answer to a body that cannot be read has its results too. */
  beforeBody?: RequestHandler;
  faults?: Faults | undefined;
}

/** Creates an Express app with everything before a service's own routes; {@link closeShell} adds the rest. */
export function createShell({ logger, readiness, helmetOptions, beforeBody, faults }: ShellOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/readyz', reportReadiness(readiness));
  app.use(announceTrace, logRequests(logger), helmetOptions ? helmet(helmetOptions) : jsonHeaders);
  if (faults) app.use(faults.mark);
  if (beforeBody) app.use(beforeBody);
  if (faults) app.use(faults.interfere);
  app.use(refuseOtherContentTypes);
  // The rate of a fault is a fraction, which `readValue` refuses.
  app.use('/internal', express.json({ limit: BODY_LIMIT_BYTES }));
  app.use(express.json({ limit: BODY_LIMIT_BYTES, reviver: readValue }));
  app.use(express.text({ type: FORM, limit: BODY_LIMIT_BYTES }), parseForm);
  return app;
}

/**
 * Completes the app: an unmatched request becomes a 404, and every error becomes a response. Any error but an
 * {@link HttpError} is a bug: it is logged with its stack, recorded on the span, and answered with a bare 500.
 *
 * @param respond writes the response; by default, and for operators always, JSON as `{message, errors?}`
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

/** What express.static has set already when it refuses a request for a file. */
const HEADERS_OF_FILE = ['Accept-Ranges', 'Content-Type', 'ETag', 'Last-Modified'];

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
    for (const name of HEADERS_OF_FILE) response.removeHeader(name);
    response.set(error.headers);
    const write = INTERNAL.test(request.path) ? respondWithJson : respond;
    write(error, request, response, next);
  };
}

/** Messages for what Express and its body parsers refuse; their own messages may quote the input. */
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
  return new HttpError(500, logs.bug.message);
}

const refuseOtherContentTypes: RequestHandler = (request, _response, next) => {
  const { headers } = request;
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (hasBody && !request.is(['application/json', FORM])) throw new HttpError(415, REFUSALS[415] ?? '');
  next();
};

/**
 * Accepts numbers in decimal digits only, in JSON as elsewhere, and turns others (1e3, 1.0, -0) into NaN. JSON's escapes
 * can make half a surrogate pair, which `encodeURIComponent` throws at: it becomes U+FFFD, as bytes that are no UTF-8 do.
 */
function readValue(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  return typeof value === 'number' && !/^\d+$/.test(context?.source ?? '') ? Number.NaN : value;
}

/**
 * Parses a form as browsers do. express.urlencoded leaves `%ff`, and all escapes beside it, as they are. A form in UTF-16
 * can hold half a surrogate pair.
 */
const parseForm: RequestHandler = (request, _response, next) => {
  if (typeof request.body === 'string')
    request.body = parseQuery(request.body.toWellFormed(), '&', '=', { maxKeys: 0 });
  next();
};

/** Sends the ids of a sampled trace, so that a person can look it up and a browser can link its own trace to it. */
const announceTrace: RequestHandler = (_request, response, next) => {
  const span = sampledSpan();
  if (span) {
    response.setHeader('X-Trace-Id', span.traceId);
    response.setHeader('Server-Timing', `traceparent;desc="${traceparentOf(span)}"`);
  }
  next();
};

/** Logs one line for each request that is not an operator's, when its response has ended or its client has disconnected. */
function logRequests(logger: Logger): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now();
    response.once('close', () => {
      const { path } = splitTarget(request.originalUrl);
      if (INTERNAL.test(path)) return;
      const fields = {
        'http.request.method': request.method,
        'http.route': routeOf(response),
        // Masking comes first: half an e-mail address or api key no longer looks like one.
        'url.path': maskText(path).slice(0, MAX_LOGGED_PATH),
        duration_ms: Math.round((performance.now() - startedAt) * 10) / 10,
      };
      const status = statusOf(response);
      if (status === undefined) logEvent(logger, logs.requestAborted, fields);
      else logEvent(logger, logs.request, { ...fields, 'http.response.status_code': status });
    });
    next();
  };
}

function reportReadiness(checks: ReadinessChecks): RequestHandler {
  return async (_request, response) => {
    const results = await Promise.allSettled(Object.values(checks).map((check) => check()));
    const states = results.map(({ status }) => (status === 'fulfilled' ? 'ok' : 'unavailable'));
    const status = states.includes('unavailable') ? 'unavailable' : 'ok';
    const dependencies = Object.fromEntries(Object.keys(checks).map((name, index) => [name, states[index]]));
    response.status(status === 'ok' ? 200 : 503).json({ status, dependencies });
  };
}
