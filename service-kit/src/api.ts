import { type Request, Router } from 'express';
import { z } from 'zod';
import type { ZodOpenApiPathsObject, ZodOpenApiSecuritySchemeObject } from 'zod-openapi';
import { HttpError } from './http-error';
import { parseInput } from './input';
import { version } from './version';

type Method = 'get' | 'post' | 'put' | 'delete';

interface RouteDefinition<Context, Params, Query, Body, Reply> {
  method: Method;
  /** In Express's syntax: `/api/product/:id`. */
  path: string;
  summary: string;
  needsApiKey?: boolean;
  /** The route works without an api key, and does more with one. */
  takesApiKey?: boolean;
  /** Other credentials that the route needs, by name; its `context` checks them. */
  credentials?: Record<string, ZodOpenApiSecuritySchemeObject>;
  /** Runs before the input is checked: finds and authorizes the caller. */
  context?: (request: Request) => Promise<Context>;
  params?: z.ZodType<Params>;
  /** The 404 for a path that does not fit `params`, and so cannot name anything. */
  notFound?: () => HttpError;
  query?: z.ZodType<Query>;
  body?: z.ZodType<Body>;
  /** The JSON body of a success; its status is 200 by default. */
  reply: z.ZodType<unknown, Reply>;
  status?: 200 | 201;
  /** Failures besides those that all such routes have. */
  failures?: Record<number, string>;
  handler: (
    input: { context: Context; params: Params; query: Query; body: Body },
    request: Request,
  ) => Promise<Reply>;
}

export type Api = ReturnType<typeof createApi>;

const failure = z
  .object({
    message: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Failure', description: 'Reason of the failure; `errors` names the invalid fields.' });

const traceId = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .optional()
  .meta({ header: { id: 'X-Trace-Id' }, description: 'Id of the trace, if the request is traced' });
const serverTiming = z
  .string()
  .regex(/^traceparent;desc="00-[0-9a-f]{32}-[0-9a-f]{16}-01"$/)
  .optional()
  .meta({ header: { id: 'Server-Timing' }, description: 'Trace and span, if the request is traced' });
const headersOfAll = { 'X-Trace-Id': traceId, 'Server-Timing': serverTiming };

const retryAfter = { 'Retry-After': z.int().min(1).describe('Seconds') };
const headersByStatus: Record<string, z.ZodRawShape> = {
  401: { 'WWW-Authenticate': z.literal('Bearer') },
  429: retryAfter,
  503: retryAfter,
};

const apiKey = {
  type: 'http',
  scheme: 'bearer',
  description: '`Authorization: Basic <key>` and the bare key are accepted as well.',
} as const;

const INPUT_FAILURES: Record<number, string> = { 400: 'Malformed or invalid input' };
const BODY_FAILURES: Record<number, string> = {
  ...INPUT_FAILURES,
  413: 'The body is larger than 16 KiB',
  415: 'The body is neither JSON nor a form',
};

/** Creates a JSON API whose routes and OpenAPI 3.1 document come from the same declarations. */
export function createApi(info: { title: string; description: string }) {
  const router = Router();
  const paths: ZodOpenApiPathsObject = {};
  const securitySchemes: Record<string, ZodOpenApiSecuritySchemeObject> = { apiKey };
  const methodsByPath = new Map<string, string[]>();

  function methodNotAllowed(path: string): HttpError {
    const methods = methodsByPath.get(path) ?? [];
    const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : method)).join(', ');
    return new HttpError(405, `Method not allowed; use ${allowed}`, { headers: { Allow: allowed } });
  }

  return {
    /** Declares a route: its schemas check the input and describe it in the OpenAPI document. */
    route<Context, Params, Query, Body, Reply>(
      definition: RouteDefinition<Context, Params, Query, Body, Reply>,
    ): void {
      const { method, path, context, params, query, body, status = 200, handler } = definition;
      const { notFound = () => new HttpError(404, 'Not found') } = definition;
      router[method](path, async (request, response) => {
        const readParams = (schema: z.ZodType<Params>) => {
          const result = schema.safeParse(request.params);
          if (result.success) return result.data;
          // As OpenAPI has it, `/api/product/create` is none of `/api/product/:id`.
          throw methodsByPath.has(request.path) ? methodNotAllowed(request.path) : notFound();
        };
        const input = {
          // An undeclared part has the type `unknown` and gets undefined.
          context: (await context?.(request)) as never,
          params: (params && readParams(params)) as never,
          query: (query && parseInput(query, request.query)) as never,
          body: (body && parseInput(body, request.body ?? {})) as never,
        };
        response.status(status).json(await handler(input, request));
      });
      methodsByPath.set(path, [...(methodsByPath.get(path) ?? []), method.toUpperCase()]);
      const openApiPath = path.replace(/:(\w+)/g, '{$1}');
      Object.assign(securitySchemes, definition.credentials);
      paths[openApiPath] = { ...paths[openApiPath], [method]: describeRoute(definition) };
    },
    /** Returns all routes, with 405s and `GET /openapi.json`. Call it after the last `route`. */
    router(): Router {
      router.get('/openapi.json', async (_request, response) => {
        // Most processes never serve the document, so its package loads at the first request for it.
        const { createDocument } = await import('zod-openapi');
        const document = createDocument({
          openapi: '3.1.0',
          info: { ...info, version },
          paths,
          components: { securitySchemes },
        });
        response.json(document);
      });
      const isTemplate = (path: string) => Number(path.includes(':'));
      const concreteFirst = [...methodsByPath.keys()].sort((a, b) => isTemplate(a) - isTemplate(b));
      for (const path of concreteFirst) {
        router.all(path, () => {
          throw methodNotAllowed(path);
        });
      }
      return router;
    },
  };
}

function describeRoute<C, P, Q, B, R>(definition: RouteDefinition<C, P, Q, B, R>) {
  const { method, summary, needsApiKey, takesApiKey, credentials, params, query, body } = definition;
  const { reply, status = 200, failures } = definition;
  const allFailures = {
    // A body that a route does not need is read all the same.
    ...(method === 'get' ? (params || query) && INPUT_FAILURES : BODY_FAILURES),
    ...(needsApiKey && { 401: 'The api key is missing, unknown, revoked or expired' }),
    ...(credentials && { 401: 'The credentials are missing or wrong' }),
    503: 'Another service or the database did not answer in time; `message` names it',
    ...failures,
  };
  return {
    summary,
    ...(needsApiKey && { security: [{ apiKey: [] }] }),
    ...(takesApiKey && { security: [{ apiKey: [] }, {}] }),
    ...(credentials && { security: Object.keys(credentials).map((name) => ({ [name]: [] })) }),
    requestParams: {
      ...(params instanceof z.ZodObject && { path: params }),
      ...(query instanceof z.ZodObject && { query }),
    },
    ...(body && {
      requestBody: {
        required: !body.safeParse({}).success,
        content: {
          'application/json': { schema: body },
          'application/x-www-form-urlencoded': { schema: body },
        },
      },
    }),
    responses: {
      [status]: {
        description: 'Success',
        headers: z.object(headersOfAll),
        content: { 'application/json': { schema: reply } },
      },
      ...Object.fromEntries(
        Object.entries(allFailures).map(([status, description]) => [
          status,
          {
            description: String(description),
            headers: z.object({ ...headersOfAll, ...headersByStatus[status] }),
            content: { 'application/json': { schema: failure } },
          },
        ]),
      ),
    },
  };
}
