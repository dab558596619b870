import type { IncomingHttpHeaders } from 'node:http';
import { Pool } from 'undici';
import { unavailable } from './http-error';
import { namePeer } from './peers';

export interface ServiceRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query; its variable parts are encoded by the caller. */
  path: string;
  apiKey?: string | undefined;
  /** Sent as JSON. */
  body?: unknown;
}

export interface ServiceResponse {
  /** Below 500: a neighbour's own failure is thrown as 503. */
  status: number;
  headers: IncomingHttpHeaders;
  /** The parsed JSON, to be checked by the caller. */
  body: unknown;
}

export interface ServiceClient {
  readonly name: string;
  /**
   * Calls the neighbour within the time limit; a call that changes nothing when repeated is tried once more when the
   * connection failed.
   *
   * @throws HttpError 503 that names the part at fault
   */
  call(request: ServiceRequest): Promise<ServiceResponse>;
}

/** What undici says when no connection could be made, or the one it took from its pool had just been closed. */
const CONNECTION_FAILURES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * A client of one neighbour, by undici's own `request`: `fetch` on top of it doubles the CPU time of a call.
 * `timeoutMs` bounds a call as a whole, its retry included. */
export function createServiceClient(options: {
  name: string;
  baseUrl: string;
  timeoutMs: number;
}): ServiceClient {
  const { name, baseUrl, timeoutMs } = options;
  namePeer(baseUrl, name);
  const { origin, pathname } = new URL(baseUrl);
  const prefix = pathname.replace(/\/$/, '');
  const pool = new Pool(origin, { connect: { timeout: timeoutMs } });

  async function send({ method = 'GET', path, apiKey, body }: ServiceRequest, signal: AbortSignal) {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (apiKey) headers.authorization = `Bearer ${apiKey}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await pool.request({
      path: prefix + path,
      method,
      headers,
      signal,
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: response.statusCode, headers: response.headers, body: await response.body.json() };
  }

  return {
    name,
    async call(call) {
      const signal = AbortSignal.timeout(timeoutMs);
      const isRepeatable = call.method !== 'POST';
      let response: ServiceResponse;
      try {
        response = await send(call, signal).catch((error) => {
          if (isRepeatable && isConnectionFailure(error)) return send(call, signal);
          throw error;
        });
      } catch (error) {
        throw unavailable(name, error);
      }
      if (response.status === 503) throw unavailable(partNamedBy(response.body) ?? name);
      if (response.status >= 500) throw unavailable(name);
      return response;
    },
  };
}

function isConnectionFailure(error: unknown): boolean {
  return error instanceof Error && 'code' in error && CONNECTION_FAILURES.has(String(error.code));
}

/** A neighbour that could not reach a part of its own says which: the one at fault is the one to name. */
function partNamedBy(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('message' in body)) return undefined;
  return /^([\w-]{1,64}) is not available$/.exec(String(body.message))?.[1];
}
