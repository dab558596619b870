import { type Request, Router } from 'express';
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
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
  /** Runs before the input is checked: finds and authorizes the caller, and fetches other data at the same time. */
  context?: (request: Request) => Promise<Context>;
  params?: z.ZodType<Params>;
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
  const methodsByPath = new Map<string, string[]>();

  return {
    /** Declares a route: its schemas check the input and describe it in the OpenAPI document. */
    route<Context, Params, Query, Body, Reply>(
      definition: RouteDefinition<Context, Params, Query, Body, Reply>,
    ): void {
      const { method, path, context, params, query, body, status = 200, handler } = definition;
      router[method](path, async (request, response) => {
        const input = {
          // An undeclared part has the type `unknown` and gets undefined.
          context: (await context?.(request)) as never,
          params: (params && parseInput(params, request.params)) as never,
          query: (query && parseInput(query, request.query)) as never,
          body: (body && parseInput(body, request.body ?? {})) as never,
        };
        response.status(status).json(await handler(input, request));
      });
      methodsByPath.set(path, [...(methodsByPath.get(path) ?? []), method.toUpperCase()]);
      const openApiPath = path.replace(/:(\w+)/g, '{$1}');
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
          components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
        });
        response.json(document);
      });
      for (const [path, methods] of methodsByPath) {
        router.all(path, () => {
          const allowed = methods
            .flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : method))
            .join(', ');
          throw new HttpError(405, `Method not allowed; use ${allowed}`, { headers: { Allow: allowed } });
        });
      }
      return router;
    },
  };
}

function describeRoute<C, P, Q, B, R>(definition: RouteDefinition<C, P, Q, B, R>) {
  const { summary, needsApiKey, params, query, body, reply, status = 200, failures } = definition;
  const allFailures = {
    ...(body ? BODY_FAILURES : query && INPUT_FAILURES),
    ...(needsApiKey && { 401: 'The api key is missing, unknown, revoked or expired' }),
    503: 'Another service or the database did not answer in time; `message` names it',
    ...failures,
  };
  return {
    summary,
    ...(needsApiKey && { security: [{ apiKey: [] }] }),
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
      [status]: { description: 'Success', content: { 'application/json': { schema: reply } } },
      ...Object.fromEntries(
        Object.entries(allFailures).map(([status, description]) => [
          status,
          { description: String(description), content: { 'application/json': { schema: failure } } },
        ]),
      ),
    },
  };
}
