import { type Request, Router } from 'express';
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { HttpError } from './http-error';
import { parseInput } from './input';
import { version } from './version';

type Method = 'get' | 'post' | 'put' | 'delete';

interface RouteDefinition<Context, Params, Query, Body, Reply> {
  method: Method;
  /** As Express writes it: `/api/product/:id`. */
  path: string;
  summary: string;
  needsApiKey?: boolean;
  /** Runs before the input is checked: who is calling, may they, and what else can be asked for at the same time. */
  context?: (request: Request) => Promise<Context>;
  params?: z.ZodType<Params>;
  query?: z.ZodType<Query>;
  body?: z.ZodType<Body>;
  /** The JSON body of a success, whose status is 200 unless said otherwise. */
  reply: z.ZodType<unknown, Reply>;
  status?: 200 | 201;
  /** Failures besides the ones that every route of its kind has. */
  failures?: Record<number, string>;
  handler: (
    input: { context: Context; params: Params; query: Query; body: Body },
    request: Request,
  ) => Promise<Reply>;
}

export interface Api {
  /** The routes, their 405s and `GET /openapi.json`; to be mounted once all routes are declared. */
  router(): Router;
  /** Declares a route: its schemas check what comes in and are what the OpenAPI document says. */
  route<Context, Params, Query, Body, Reply>(
    definition: RouteDefinition<Context, Params, Query, Body, Reply>,
  ): void;
}

const failure = z
  .object({
    message: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Failure', description: 'What went wrong; `errors` names the fields concerned.' });

const COMMON_FAILURES: Record<number, string> = {
  503: 'A neighbour or the database cannot be reached in time; `message` says which',
};
const API_KEY_FAILURES: Record<number, string> = {
  401: 'No api key, or one that is unknown, revoked or expired',
};
const BODY_FAILURES: Record<number, string> = {
  400: 'Malformed or invalid input',
  413: 'The body is larger than 16 KiB',
  415: 'The body is neither JSON nor a form',
};

/** A JSON API whose routes and OpenAPI 3.1 document come from the same declarations. */
export function createApi(info: { title: string; description: string }): Api {
  const router = Router();
  const paths: ZodOpenApiPathsObject = {};
  const methodsByPath = new Map<string, string[]>();

  return {
    route(definition) {
      const { method, path, context, params, query, body, status = 200, handler } = definition;
      router[method](path, async (request, response) => {
        const input = {
          // A route that declares no such part has `unknown` for its type, and gets undefined.
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
    router() {
      router.get('/openapi.json', async (_request, response) => {
        // Loaded by the first who asks: few do.
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
    ...COMMON_FAILURES,
    ...((body ?? query) && { 400: BODY_FAILURES[400] }),
    ...(body && BODY_FAILURES),
    ...(needsApiKey && API_KEY_FAILURES),
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
        required: true,
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
