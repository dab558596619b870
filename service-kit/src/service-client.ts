import type { IncomingHttpHeaders } from 'node:http';
import { Pool } from 'undici';
import { exchange } from './exchange';
import { unavailable } from './http-error';
import { namePeer } from './telemetry/peers';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface ServiceRequest {
  method?: Method;
  /** Path and query; the caller encodes variable parts. */
  path: string;
  apiKey?: string | undefined;
  /** Sent as JSON. */
  body?: unknown;
  /** Ends the call before its time limit, at this time of `performance.now()`. */
  endsAt?: number | undefined;
}

export interface ServiceResponse {
  /** Below 500: failures of the service itself are thrown as 503. */
  status: number;
  headers: IncomingHttpHeaders;
  /** The parsed JSON, for the caller to check. */
  body: unknown;
}

export interface ServiceClient {
  readonly name: string;
  /**
   * Calls the service within the time limit. GET, PUT and DELETE are retried once when the connection failed, GET also
   * when it was cut.
   *
   * @throws HttpError 503 that names the part at fault
   */
  call(request: ServiceRequest): Promise<ServiceResponse>;
}

/** Error codes of connections that could not be made: the service has received nothing. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** Error codes of connections that were cut: the service may have done the work. */
const CUT = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/**
 * Enough for some hundred calls a second while each takes the second that a database may; the others wait for a
 * connection within their time limit.
 */
const MAX_CONNECTIONS = 100;
/** The next call ends with a 503 at once: while the service hangs, each of these holds its caller's request in memory. */
const MAX_WAITING = 300;
/** Services offer to keep an idle connection for a minute. */
const MAX_IDLE_MS = 10_000;

/** Replaces the error of `AbortSignal.timeout`, whose numeric code would become the `error.type` of span and metric. */
class CallTimedOut extends Error {
  override name = 'TimeoutError';
}

/**
 * Creates a client of one service. `timeoutMs` limits a call as a whole, with its wait for a connection and its retry.
 */
export function createServiceClient({
  name,
  baseUrl,
  timeoutMs,
}: {
  name: string;
  baseUrl: string;
  timeoutMs: number;
}): ServiceClient {
  namePeer(baseUrl, name);
  const base = new URL(baseUrl);
  const prefix = base.pathname.replace(/\/$/, '');
  const pool = new Pool(base.origin, {
    connections: MAX_CONNECTIONS,
    keepAliveMaxTimeout: MAX_IDLE_MS,
    connect: { timeout: timeoutMs },
  });

  return {
    name,
    async call({ method = 'GET', path, apiKey, body, endsAt = Infinity }) {
      const headers: Record<string, string> = { accept: 'application/json' };
      if (apiKey) headers.authorization = `Bearer ${apiKey}`;
      if (body !== undefined) headers['content-type'] = 'application/json';
      const content = body === undefined ? null : JSON.stringify(body);
      const request = { path: prefix + path, method, headers, body: content };
      const startedAt = performance.now();
      const limitMs = Math.min(timeoutMs, Math.max(1, Math.ceil(endsAt - startedAt)));
      const leftMs = () => Math.ceil(startedAt + limitMs - performance.now());
      const timedOut = () => new CallTimedOut(`No answer from ${name} within ${limitMs} ms`);
      const attempt = () => exchange(pool, request, leftMs(), timedOut);
      let response: ServiceResponse;
      try {
        if (pool.stats.queued >= MAX_WAITING)
          throw new Error(`${MAX_WAITING} calls wait for ${name} already`);
        const { text, ...answer } = await attempt().catch((error) => {
          if (isWorthRepeating(method, error)) return attempt();
          throw error;
        });
        response = { ...answer, body: JSON.parse(text) };
      } catch (error) {
        throw unavailable(name, error);
      }
      if (response.status === 503) throw unavailable(partNamedBy(response.body) ?? name);
      if (response.status >= 500) throw unavailable(name);
      return response;
    },
  };
}

function isWorthRepeating(method: Method, error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (NOT_CONNECTED.has(code)) return method !== 'POST';
  // A repeated DELETE could be answered with 404 although the first one worked.
  return CUT.has(code) && method === 'GET';
}

/** Returns the part that a service's 503 names: the one at fault is the one to report. */
function partNamedBy(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('message' in body)) return undefined;
  return /^([\w-]{1,64}) is not available$/.exec(String(body.message))?.[1];
}
