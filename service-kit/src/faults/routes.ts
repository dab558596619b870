import { createHash, timingSafeEqual } from 'node:crypto';
import type { Application, Request, Router } from 'express';
import { z } from 'zod';
import type { Api } from '../api';
import { HttpError } from '../http-error';
import { INTERNAL } from '../http-route';
import { invalidInput } from '../input';
import { type Fault, type FaultReport, faultInput, faultReport } from './fault';

interface Switch {
  token: string;
  /** Returns the active fault, unless it is hidden. */
  report(): FaultReport | null;
  begin(fault: Fault, patterns: readonly string[]): FaultReport;
  end(): void;
}

/** Declares the routes by which an operator sets, reads and ends a fault. */
export function addFaultRoutes(api: Api, { token, report, begin, end }: Switch): void {
  const common = {
    path: '/internal/faults',
    credentials: {
      faultToken: { type: 'http', scheme: 'bearer', description: 'The `FAULT_TOKEN` of the shop' },
    },
    context: requireToken(token),
    reply: z.object({ fault: faultReport.nullable() }),
  } as const;

  api.route({
    ...common,
    method: 'get',
    summary: 'The active fault; null also while a hidden one is active',
    handler: async () => ({ fault: report() }),
  });

  api.route({
    ...common,
    method: 'put',
    summary: 'Cause a fault on purpose, in place of the one that is active; it ends by itself',
    body: faultInput,
    handler: async ({ body }, { app }) => {
      const patterns = patternsOf(app);
      if (!body.routes.every((route) => patterns.includes(route))) {
        const message = `must be among the routes of this service: ${patterns.join(', ')}`;
        throw invalidInput([{ field: 'routes', message }]);
      }
      return { fault: begin(body, patterns) };
    },
  });

  api.route({
    ...common,
    method: 'delete',
    summary: 'End the active fault, if any',
    handler: async () => {
      end();
      return { fault: null };
    },
  });
}

/** Compares digests: these are of one length, so the time that it takes tells nothing of the token. */
function requireToken(token: string): (request: Request) => Promise<void> {
  const digestOf = (text: string) => createHash('sha256').update(text).digest();
  const expected = digestOf(token);
  return async ({ headers }) => {
    const [, sent = ''] = /^bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    if (!timingSafeEqual(digestOf(sent), expected))
      throw new HttpError(401, 'The token is missing or wrong', {
        headers: { 'WWW-Authenticate': 'Bearer' },
      });
  };
}

/** Lists the patterns of the app's routes that a fault can affect, those without parameters first. */
function patternsOf({ router }: Application): string[] {
  const unaffected = new Set(['/healthz', '/readyz', '/openapi.json']);
  const patterns = new Set(pathsOf(router).filter((path) => !unaffected.has(path) && !INTERNAL.test(path)));
  const isTemplate = (path: string) => Number(path.includes(':'));
  return [...patterns].sort((a, b) => isTemplate(a) - isTemplate(b));
}

function pathsOf({ stack }: Pick<Router, 'stack'>): string[] {
  const isRouter = (handle: object): handle is Router => 'stack' in handle;
  return stack.flatMap(({ route, handle }) =>
    route ? [route.path] : isRouter(handle) ? pathsOf(handle) : [],
  );
}
